import type { StatusInfo, Tone } from "@/lib/status";
import { IconAlertTriangle, IconCircle, IconCircleCheck, IconClock, IconLoader2, IconX } from "./icons";
import classes from "./StatusBadge.module.css";

const ICONS: Record<Tone, typeof IconCircle> = {
  good: IconCircleCheck,
  busy: IconLoader2,
  bad: IconX,
  warn: IconClock,
  quiet: IconCircle,
};

interface Props {
  info: StatusInfo;
  /** `alert` shows a warning sign in place of the cross. */
  sign?: "state" | "alert";
  /** `plain`: without the tinted background, for dense rows. */
  look?: "tinted" | "plain";
}

/** A state as icon and word; colour is only an addition. */
export function StatusBadge({ info, sign = "state", look = "tinted" }: Props) {
  const Icon = sign === "alert" && info.tone !== "good" ? IconAlertTriangle : ICONS[info.tone];
  return (
    <span className={classes.badge} data-tone={info.tone} data-look={look}>
      <Icon size={13} stroke={2.2} aria-hidden="true" className={classes.icon} />
      {info.word}
    </span>
  );
}
