/** An unsuccessful response of the API, ready to be displayed. */
export interface Problem {
  /** 0 if the server could not be reached. */
  status: number;
  title: string;
  detail: string;
  requestId: string | null;
  errors: { field: string; message: string }[];
  /** Seconds of Retry-After, if the server sent it. */
  retryAfter: number | null;
}

const TITLES: Record<number, string> = {
  0: "The server cannot be reached",
  401: "Your session has ended",
  403: "No permission",
  404: "Not found",
  429: "Too many attempts",
  503: "Not available right now",
};

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function fields(value: unknown): { field: string; message: string }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const row = (entry ?? {}) as Record<string, unknown>;
    const message = text(row["message"]);
    return message ? [{ field: text(row["field"]) ?? "", message }] : [];
  });
}

/** Reads problem+json; anything else (a proxy's page, an empty body) becomes a problem with the same shape. */
export function problemFrom(status: number, body: unknown, headers?: Headers): Problem {
  const row = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return {
    status,
    title: text(row["title"]) ?? TITLES[status] ?? `The server responded with ${String(status)}`,
    detail: text(row["detail"]) ?? "",
    requestId: text(headers?.get("X-Request-Id")) ?? text(row["instance"]),
    errors: fields(row["errors"]),
    retryAfter: secondsToWait(headers?.get("Retry-After") ?? null),
  };
}

/** The longest wait, whatever a server or a proxy asks for. */
const LONGEST_WAIT = 60;

/** Retry-After in seconds, bounded: a number, or a date by this computer's clock. */
export function secondsToWait(text: string | null, now = Date.now()): number | null {
  if (!text) return null;
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  return Number.isFinite(seconds) ? Math.min(LONGEST_WAIT, Math.max(0, seconds)) : null;
}

/** Whether the server refused the caller, rather than failed. */
export function isRefusal({ status }: Problem): boolean {
  return status === 401 || status === 403;
}

function withoutAnswer(title: string, detail: string): Problem {
  return { status: 0, title, detail, requestId: null, errors: [], retryAfter: null };
}

export function unreachable(): Problem {
  return navigator.onLine
    ? withoutAnswer("The server cannot be reached", "Check the connection, or that Headwater is running.")
    : withoutAnswer("You are offline", "This device has no network connection.");
}

/** No response before the deadline. */
export function late(seconds: number, read: boolean): Problem {
  return withoutAnswer(
    `No response within ${String(seconds)} seconds`,
    read ? "The server may be busy, or the connection may be broken." : "The change may have been made anyway: check before you send it again.",
  );
}

/** A success whose body does not come from the API. */
export function unreadable(headers: Headers): Problem {
  return {
    ...withoutAnswer("The response cannot be read", "It did not come from Headwater: a proxy or the network's sign-in page may have sent it."),
    requestId: text(headers.get("X-Request-Id")),
  };
}

/** `error` of RTK Query may also be its own serialised error; both become a Problem here. */
export function asProblem(error: unknown): Problem {
  const row = (error ?? {}) as Partial<Problem>;
  if (typeof row.status === "number" && typeof row.title === "string") return row as Problem;
  return withoutAnswer("Something went wrong on this page", "Reload it. If that does not help, the server may run another version.");
}
