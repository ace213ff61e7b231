/** Cuts the middle out of a long text, since the two ends of a name tell most. Never longer than `limit`. */
export function middle(text: string, limit: number): string {
  const letters = Array.from(text);
  if (letters.length <= limit) return text;
  if (limit <= 1) return "…".slice(0, limit);
  const head = Math.ceil((limit - 1) / 2);
  const tail = limit - 1 - head;
  return `${letters.slice(0, head).join("")}…${tail > 0 ? letters.slice(-tail).join("") : ""}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** `event_time` and `eventTime` become "Event time". */
export function words(key: string): string {
  const spaced = key
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .trim()
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
