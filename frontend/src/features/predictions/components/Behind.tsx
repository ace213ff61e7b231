import { SegmentedControl } from "@mantine/core";
import { Link } from "react-router";
import { GraphCanvas } from "@/components/graph/GraphCanvas";
import { SceneNotes } from "@/components/graph/SceneNotes";
import { SceneTable } from "@/components/graph/SceneTable";
import { Moment } from "@/components/Moment";
import { Section } from "@/components/Page";
import { EmptyState } from "@/components/states";
import type { PredictionDetail } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import type { PredictionView } from "../model";
import classes from "./Prediction.module.css";

interface Props {
  prediction: PredictionDetail;
  view: PredictionView;
  onChange: (change: Partial<PredictionView>) => void;
}

/** The data behind one prediction, as it was when the prediction was made. */
export function Behind({ prediction, view, onChange }: Props) {
  const { scene } = prediction;
  const select = (node: string | null) => { onChange({ node }); };
  return (
    <Section
      title="The data behind it"
      flush
      hint={
        <>
          as of <Moment at={scene?.as_of ?? prediction.event_time} />
        </>
      }
      actions={
        scene && (
          <>
            <SceneNotes scene={scene} />
            {view.node && <Link to={paths.lineage(view.node, scene.as_of)}>Open in lineage</Link>}
            <SegmentedControl size="xs" aria-label="Show as" value={view.view} onChange={(value) => { onChange({ view: value === "table" ? "table" : "graph" }); }} data={[{ value: "graph", label: "Graph" }, { value: "table", label: "Table" }]} />
          </>
        )
      }
    >
      {!scene && <EmptyState title="No lineage is known for this version">Training runs and model events provide it.</EmptyState>}
      {scene && view.view === "graph" && (
        <div className={classes.graph}>
          <GraphCanvas scene={scene} view={prediction.id} selected={view.node} onSelect={select} label="The data behind this prediction" />
        </div>
      )}
      {scene && view.view === "table" && <SceneTable scene={scene} selected={view.node} onSelect={select} />}
    </Section>
  );
}
