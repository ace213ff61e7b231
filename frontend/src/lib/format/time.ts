/** Times are shown in the user's time zone; the exact UTC time is shown on hover. */
function parsed(text: string | null | undefined): Date | null {
  if (!text) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

export function localMoment(text: string | null | undefined): string {
  const date = parsed(text);
  return date ? MOMENT.format(date) : "–";
}

export function localDay(text: string | null | undefined): string {
  const date = parsed(text);
  return date ? DAY.format(date) : "–";
}

export function utcMoment(text: string | null | undefined): string {
  const date = parsed(text);
  return date ? `${date.toISOString().slice(0, 19).replace("T", " ")} UTC` : "";
}

const SHORT_DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const SHORT_HOUR = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** The label of a tick on a time axis: the day at midnight, otherwise the time of day. */
export function shortTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  return date.getHours() === 0 && date.getMinutes() === 0 ? SHORT_DAY.format(date) : SHORT_HOUR.format(date);
}

const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [3600, "minute"],
  [86_400, "hour"],
  [86_400 * 14, "day"],
  [86_400 * 60, "week"],
  [86_400 * 730, "month"],
];
const SECONDS: Partial<Record<Intl.RelativeTimeFormatUnit, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_629_800,
  year: 31_557_600,
};
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

/** "3 min. ago", relative to `now`. */
export function ago(text: string | null | undefined, now: number): string {
  const date = parsed(text);
  if (!date) return "–";
  const seconds = (date.getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  const unit = STEPS.find(([limit]) => size < limit)?.[1] ?? "year";
  return RELATIVE.format(Math.round(seconds / (SECONDS[unit] ?? 1)), unit);
}

/** How long something took: "840 ms", "42 s", "3 min 5 s", "2 h 10 min". */
export function duration(from: string | null | undefined, to: string | null | undefined): string {
  const start = parsed(from);
  const end = parsed(to);
  if (!start || !end || end < start) return "–";
  const ms = end.getTime() - start.getTime();
  if (ms < 1000) return `${String(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min ${String(seconds % 60)} s`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
}

/** The value of a `datetime-local` field for a time, in the user's time zone; empty without one. */
export function toLocalField(text: string | null): string {
  const date = parsed(text);
  if (!date) return "";
  const two = (n: number) => String(n).padStart(2, "0");
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function fromLocalField(value: string): string | null {
  return parsed(value)?.toISOString() ?? null;
}
