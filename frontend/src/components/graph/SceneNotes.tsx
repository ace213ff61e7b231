import type { Scene } from "@/lib/api/types";
import { plural, words } from "@/lib/format/text";
import { IconAlertTriangle } from "@/components/icons";
import classes from "./SceneNotes.module.css";

/** The requested hops; omitted where the user cannot change them. */
export interface Hops {
  up: number;
  down: number;
  most: number;
}

const REASONS: Record<string, string> = {
  limit: "beyond the size limit",
  depth: "one hop further",
  permission: "no permission",
  kind: "filtered out by kind",
  as_of: "not valid at this time",
  metrics: "metrics of versions",
};

/** Nodes cut by the limit are counted only as far as the walk reached them: there may be more. */
function amount(reason: string, count: number): string {
  return reason === "limit" ? `at least ${plural(count, "node")}` : plural(count, "node");
}

function beyondDepth(hops: Hops): string {
  return Math.max(hops.up, hops.down) < hops.most ? ": more hops show them" : ": focus on a node nearer to them";
}

function atLimit(hops: Hops | undefined): string {
  if (!hops) return "open a node in lineage to see its own neighbours";
  return Math.max(hops.up, hops.down) > 1 ? "fewer hops show all of the nearest nodes" : "search for the neighbour by name";
}

/** What a scene omits, why, and how to see it. Nothing is hidden without a count. */
export function SceneNotes({ scene, hops }: { scene: Scene; hops?: Hops }) {
  const hidden = Object.entries(scene.hidden).filter(([, count]) => count > 0);
  return (
    <div className={classes.notes} data-testid="scene-notes">
      <span>
        {plural(scene.nodes.length, "node")}, {plural(scene.edges.length, "edge")}
      </span>
      {hidden.map(([reason, count]) => (
        <span key={reason} className={classes.hidden}>
          {amount(reason, count)} hidden, {REASONS[reason] ?? words(reason).toLowerCase()}
          {reason === "depth" && hops && beyondDepth(hops)}
        </span>
      ))}
      {scene.truncated && (
        <span className={classes.truncated}>
          <IconAlertTriangle size={13} aria-hidden="true" /> Cut at the size limit: {atLimit(hops)}
        </span>
      )}
    </div>
  );
}
