import { kindInfo, type KindKey, type Shape } from "@/lib/kinds";
import {
  IconColumns,
  IconCube,
  IconDatabase,
  IconGauge,
  IconLock,
  IconPlayerPlay,
  IconSettings,
  IconTag,
  IconTarget,
} from "./icons";
import classes from "./KindIcon.module.css";

const ICONS: Record<KindKey, typeof IconDatabase> = {
  dataset: IconDatabase,
  job: IconSettings,
  model: IconCube,
  version: IconTag,
  output: IconTarget,
  metric: IconGauge,
  run: IconPlayerPlay,
  column: IconColumns,
  restricted: IconLock,
};

const OUTLINES: Record<Shape, React.ReactNode> = {
  square: <rect x="2" y="2" width="28" height="28" rx="6" />,
  circle: <circle cx="16" cy="16" r="14.5" />,
  hexagon: <path d="M9 3h14l8 13-8 13H9L1 16z" />,
  diamond: <path d="M16 .8 31.2 16 16 31.2.8 16z" />,
  pill: <rect x="1" y="5" width="30" height="22" rx="11" />,
  octagon: <path d="M10 2h12l8 8v12l-8 8H10l-8-8V10z" />,
};

/** A node's kind as shape and icon. Decorative: the kind's name is always shown next to it. */
export function KindIcon({ kind, size = 32 }: { kind: string; size?: number }) {
  const { key, shape } = kindInfo(kind);
  const Icon = ICONS[key];
  return (
    <span className={classes.root} data-kind-key={key} aria-hidden="true">
      <svg viewBox="0 0 32 32" width={size} height={size} className={classes.outline}>
        {OUTLINES[shape]}
      </svg>
      <Icon size={size * (shape === "diamond" || shape === "pill" ? 0.42 : 0.5)} stroke={1.8} className={classes.icon} />
    </span>
  );
}
