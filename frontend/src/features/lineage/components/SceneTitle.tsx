import { Loader } from "@mantine/core";
import { KindIcon } from "@/components/KindIcon";
import { Moment } from "@/components/Moment";
import { NodeLabel } from "@/components/NodeLabel";
import { displayName } from "@/components/graph/scene";
import { SceneNotes, type Hops } from "@/components/graph/SceneNotes";
import type { Scene } from "@/lib/api/types";
import { plural } from "@/lib/format/text";
import { kindInfo } from "@/lib/kinds";
import classes from "./SceneTitle.module.css";

/** The focus of the scene, its time, and what is omitted. */
export function SceneTitle({ scene, hops, busy }: { scene: Scene; hops: Hops; busy: boolean }) {
  const focus = scene.nodes.find((node) => node.id === scene.focus);
  const name = focus ? displayName(focus) : "Unknown node";
  return (
    <div className={classes.title}>
      <title>{`${name} · Lineage · Headwater`}</title>
      {focus && <KindIcon kind={focus.kind} size={24} />}
      <h1 className={classes.name}>{focus ? <NodeLabel label={name} name={focus.name} namespace={focus.namespace} /> : name}</h1>
      {focus && <span className={classes.kind}>{kindInfo(focus.kind).word}</span>}
      {scene.as_of && (
        <span className={classes.asOf}>
          as of <Moment at={scene.as_of} />
        </span>
      )}
      <SceneNotes scene={scene} hops={hops} />
      {busy && <Loader size={14} aria-label="Loading" />}
      <span className="visually-hidden" aria-live="polite">
        {`Showing ${name} with ${plural(scene.nodes.length - 1, "neighbour")}`}
      </span>
    </div>
  );
}
