import { SegmentedControl, Switch } from "@mantine/core";
import type { LineageView } from "../model";
import { AsOfControl } from "./AsOfControl";
import { HopControl } from "./HopControl";
import classes from "./Toolbar.module.css";

interface Props {
  view: LineageView;
  onChange: (change: Partial<LineageView>) => void;
}

/** Everything that changes what the lineage page shows. */
export function Toolbar({ view, onChange }: Props) {
  return (
    <div className={classes.bar}>
      <HopControl label="Upstream" value={view.up} onChange={(up) => { onChange({ up }); }} />
      <HopControl label="Downstream" value={view.down} onChange={(down) => { onChange({ down }); }} />
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
