/** An answer of the API that is not a success, ready to be shown to a person. */
export interface Problem {
  /** 0 when the server could not be reached at all. */
  status: number;
  title: string;
  detail: string;
  requestId: string | null;
  errors: { field: string; message: string }[];
  /** Seconds to wait, where the server said so. */
  retryAfter: number | null;
}

const TITLES: Record<number, string> = {
  0: "The server cannot be reached",
  401: "Your session has ended",
  403: "You may not see this",
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
  const wait = Number(headers?.get("Retry-After") ?? Number.NaN);
  return {
    status,
    title: text(row["title"]) ?? TITLES[status] ?? `The server answered ${String(status)}`,
    detail: text(row["detail"]) ?? "",
    requestId: text(headers?.get("X-Request-Id")) ?? text(row["instance"]),
    errors: fields(row["errors"]),
    retryAfter: Number.isFinite(wait) ? wait : null,
  };
}

export function unreachable(): Problem {
  return {
    status: 0,
    title: "The server cannot be reached",
    detail: "Check the connection, or that Headwater is running.",
    requestId: null,
    errors: [],
    retryAfter: null,
  };
}

/** What RTK Query keeps as `error` may also be its own serialised error; both become a Problem here. */
export function asProblem(error: unknown): Problem {
  const row = (error ?? {}) as Partial<Problem> & { message?: string };
  if (typeof row.status === "number" && typeof row.title === "string") return row as Problem;
  return { ...unreachable(), title: "Something went wrong in this page", detail: row.message ?? "" };
}
