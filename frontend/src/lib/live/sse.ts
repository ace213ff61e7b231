/** A parser of `text/event-stream` for fetch bodies, as the HTML standard specifies. */
export interface ServerEvent {
  event: string;
  data: string;
  id: string | null;
}

export interface SseParser {
  /** Parses the next chunk of text, split anywhere, and returns the events that it completes. */
  push: (chunk: string) => ServerEvent[];
}

export function sseParser(): SseParser {
  let rest = "";
  let event = "";
  let data: string[] = [];
  let id: string | null = null;

  function line(text: string): ServerEvent | null {
    if (text === "") {
      const complete = data.length > 0 ? { event: event || "message", data: data.join("\n"), id } : null;
      event = "";
      data = [];
      return complete;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
    return null;
  }

  return {
    push(chunk) {
      rest += chunk;
      // A carriage return at the end may be half of a CRLF: keep it for the next chunk.
      const held = rest.endsWith("\r") ? "\r" : "";
      const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? "") + held;
      return lines.map(line).filter((found) => found !== null);
    },
  };
}
