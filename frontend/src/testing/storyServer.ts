import type { IncomingMessage, ServerResponse } from "node:http";
import { getResponse } from "msw";
import { storyHandlers } from "./handlers";
import { build } from "./story/graph";

const handlers = storyHandlers();
const BEAT = 6000;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request) text += String(piece);
  return text;
}

/** A stream in which one job finishes and starts again, so that a badge changes visibly. */
function stream(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(": hello\n\n");
  let change = 8;
  const timer = setInterval(() => {
    build.status = build.status === "RUNNING" ? "COMPLETE" : "RUNNING";
    response.write(`id: ${String(++change)}\nevent: graph\ndata: ${JSON.stringify({ change, ids: [build.id] })}\n\n`);
  }, BEAT);
  response.on("close", () => { clearInterval(timer); });
}

/** Answers the dev server's /api requests from the fixtures. */
export async function middleware(request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
  const url = request.url ?? "/";
  if (!url.startsWith("/api/")) { next(); return; }
  if (url.startsWith("/api/v1/stream")) { stream(response); return; }
  const method = request.method ?? "GET";
  const body = method === "GET" ? undefined : await bodyOf(request);
  const answer = await getResponse(handlers, new Request(`http://story.example${url}`, { method, body: body || undefined }));
  response.writeHead(answer?.status ?? 404, Object.fromEntries(answer?.headers ?? []));
  response.end(answer ? await answer.text() : "{}");
}
