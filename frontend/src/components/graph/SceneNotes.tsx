import type { Scene } from "@/lib/api/types";
import { plural, words } from "@/lib/format/text";
import { IconAlertTriangle } from "@/components/icons";
import classes from "./SceneNotes.module.css";

const REASONS: Record<string, string> = {
  limit: "beyond the size limit",
  depth: "further hops away",
  restricted: "not yours to see",
  kind: "filtered out by kind",
  as_of: "not valid at this time",
  metrics: "metrics of versions",
};

/** What a scene leaves out, and why. Nothing is hidden without a count. */
export function SceneNotes({ scene }: { scene: Scene }) {
  const hidden = Object.entries(scene.hidden).filter(([, count]) => count > 0);
  return (
    <div className={classes.notes} data-testid="scene-notes">
      <span>
        {plural(scene.nodes.length, "node")}, {plural(scene.edges.length, "edge")}
      </span>
      {hidden.map(([reason, count]) => (
        <span key={reason} className={classes.hidden}>
          {plural(count, "node")} hidden, {REASONS[reason] ?? words(reason).toLowerCase()}
        </span>
      ))}
      {scene.truncated && (
        <span className={classes.truncated}>
          <IconAlertTriangle size={13} aria-hidden="true" /> Cut at the size limit: fewer hops show it whole
        </span>
      )}
    </div>
  );
}
