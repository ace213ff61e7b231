import { API_ROOT, CLIENT_HEADER } from "@/lib/api/client";
import type { PathOf } from "@/lib/api/request";
import { sseParser, type ServerEvent } from "./sse";

export interface StreamOptions {
  /** The current access token; null with open reads. */
  token: () => string | null;
  /** Called on a 401 before the next attempt. */
  renew: () => Promise<unknown>;
  onOpen: () => void;
  onEvent: (event: ServerEvent) => void;
  /** The stream broke or could not be opened; the next attempt follows. */
  onDown: () => void;
}

const STREAM: PathOf<"GET"> = "/stream";
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** The server sends a comment every 15 s; three missed ones mean a dead connection. */
const SILENCE = 45_000;
/** Timeout for the response headers. */
const OPENING = 10_000;

/** Keeps one stream open until stopped, resuming after the last event seen. */
export function openStream(options: StreamOptions): () => void {
  const stopped = new AbortController();
  let lastId: string | null = null;
  let wait = FIRST_WAIT;

  async function once(): Promise<void> {
    const attempt = new AbortController();
    const stop = () => { attempt.abort(); };
    stopped.signal.addEventListener("abort", stop);
    let silence = setTimeout(stop, OPENING);
    const wake = () => {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE);
    };
    try {
      const response = await fetch(`${API_ROOT}${STREAM}`, { headers: headers(), signal: attempt.signal, cache: "no-store" });
      if (response.status === 401) await options.renew();
      if (!response.ok || !response.body) throw new Error(`stream answered ${String(response.status)}`);
      wake();
      options.onOpen();
      wait = FIRST_WAIT;
      const parser = sseParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        wake();
        for (const event of parser.push(piece.value)) {
          lastId = event.id ?? lastId;
          if (event.event === "expired") await options.renew();
          options.onEvent(event);
        }
      }
    } finally {
      clearTimeout(silence);
      stopped.signal.removeEventListener("abort", stop);
    }
  }

  function headers(): Record<string, string> {
    const token = options.token();
    return {
      ...CLIENT_HEADER,
      Accept: "text/event-stream",
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(lastId ? { "Last-Event-ID": lastId } : {}),
    };
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      await once().catch(() => undefined);
      if (stopped.signal.aborted) return;
      options.onDown();
      await pause(wait * (0.75 + Math.random() / 2), stopped.signal);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  void run();
  return () => { stopped.abort(); };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
