import { ago, localDay, localMoment, utcMoment } from "@/lib/format/time";
import { useNow } from "./useNow";

interface Props {
  at: string | null | undefined;
  look?: "moment" | "day" | "ago";
}

/** A time in the reader's zone; hovering shows the moment in UTC. */
export function Moment({ at, look = "moment" }: Props) {
  const now = useNow(look === "ago");
  if (!at) return <span>–</span>;
  const text = look === "ago" ? ago(at, now) : look === "day" ? localDay(at) : localMoment(at);
  const hint = look === "ago" ? `${localMoment(at)} · ${utcMoment(at)}` : utcMoment(at);
  return (
    <time dateTime={at} title={hint}>
      {text}
    </time>
  );
}
