import { SegmentedControl, Switch } from "@mantine/core";
import type { Change } from "@/lib/url/useQueryState";
import { MOST_HOPS, type LineageView } from "../model";
import { AsOfControl } from "./AsOfControl";
import { HopControl } from "./HopControl";
import classes from "./Toolbar.module.css";

interface Props {
  view: LineageView;
  onChange: (change: Change<LineageView>) => void;
}

const within = (hops: number) => Math.min(MOST_HOPS, Math.max(0, hops));

/** The controls of the lineage page. */
export function Toolbar({ view, onChange }: Props) {
  return (
    <div className={classes.bar}>
      <HopControl label="Upstream" value={view.up} onStep={(by) => { onChange(({ up }) => ({ up: within(up + by) })); }} />
      <HopControl label="Downstream" value={view.down} onStep={(by) => { onChange(({ down }) => ({ down: within(down + by) })); }} />
      <AsOfControl value={view.as_of} onChange={(as_of) => { onChange({ as_of }); }} />
      <Switch size="xs" label="Metrics" checked={view.metrics === "shown"} onChange={(event) => { onChange({ metrics: event.currentTarget.checked ? "shown" : "hidden" }); }} />
      <SegmentedControl
        className={classes.tabs}
        size="xs"
        aria-label="Show as"
        value={view.view}
        onChange={(value) => { onChange({ view: value === "table" ? "table" : "graph" }); }}
        data={[
          { value: "graph", label: "Graph" },
          { value: "table", label: "Table" },
        ]}
      />
    </div>
  );
}
