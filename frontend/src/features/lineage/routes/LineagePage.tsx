import { Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { warmLayout } from "@/components/graph/dotClient";
import { GraphCanvas } from "@/components/graph/GraphCanvas";
import { SceneTable } from "@/components/graph/SceneTable";
import { focusCard } from "@/components/graph/useGraphKeys";
import { ErrorState, LoadingRows } from "@/components/states";
import { useQueryState, type Change } from "@/lib/url/useQueryState";
import { NodePanel } from "../components/NodePanel";
import { NoFocus } from "../components/NoFocus";
import { SceneTitle } from "../components/SceneTitle";
import { Toolbar } from "../components/Toolbar";
import { MOST_HOPS, lineageCodec, modelBeside, type LineageView } from "../model";
import { useShownScene } from "../useShownScene";
import classes from "./LineagePage.module.css";

const PHONE = "(max-width: 700px)";
const NARROW = "(max-width: 1079px)";

/** The neighbourhood of one node: its graph or table, and the details of what is selected in it. */
export function LineagePage() {
  const [view, change] = useQueryState(lineageCodec);
  useEffect(warmLayout, []);
  const focusOn = (focus: string) => { change({ focus, node: focus }); };
  return (
    <div className={classes.page}>
      <Toolbar view={view} onChange={change} />
      {view.focus ? <Focused view={view} focus={view.focus} onChange={change} /> : <NoFocus onPick={focusOn} />}
    </div>
  );
}

interface FocusedProps {
  view: LineageView;
  focus: string;
  onChange: (change: Change<LineageView>, how?: { replace?: boolean }) => void;
}

function Focused({ view, focus, onChange }: FocusedProps) {
  const { shown, error, waiting, refetch } = useShownScene(view, focus);
  const narrow = useMediaQuery(NARROW) ?? false;
  const phone = useMediaQuery(PHONE) ?? false;
  // Close the details where they cover the graph.
  const refocus = (id: string) => { onChange({ focus: id, node: narrow ? null : id }); };
  const [byKeyboard, setByKeyboard] = useState(false);
  const select = (node: string | null, by?: "keyboard" | "pointer") => {
    setByKeyboard(by === "keyboard");
    onChange({ node }, { replace: true });
  };

  const close = () => {
    // Return keyboard users to where they were.
    if (byKeyboard && view.node) focusCard(document.body, view.node);
    select(null);
  };

  if (error) return <ErrorState error={error} retry={refetch} />;
  if (!shown) return <LoadingRows rows={8} label="Loading the graph" />;
  const { scene, question } = shown;
  const panel = view.node ? (
    <NodePanel id={view.node} focus={focus} model={modelBeside(scene, view.node)} takeFocus={byKeyboard} onFocus={refocus} onClose={close} />
  ) : null;
  return (
    <>
      <SceneTitle scene={scene} hops={{ up: view.up, down: view.down, most: MOST_HOPS }} busy={waiting} />
      <div className={classes.body}>
        <div className={classes.stage}>
          {view.view === "graph" ? (
            <GraphCanvas scene={scene} view={question} selected={view.node} onSelect={select} onRefocus={refocus} label="Lineage graph" />
          ) : (
            <SceneTable scene={scene} selected={view.node} onSelect={(id) => { select(id); }} />
          )}
        </div>
        {panel && !narrow && (
          <aside className={classes.side} aria-label="Details">
            {panel}
          </aside>
        )}
      </div>
      <Drawer.Root lockScroll={false} opened={panel !== null && narrow} onClose={close} position={phone ? "bottom" : "right"} size={phone ? "72%" : 400}>
        <Drawer.Overlay />
        <Drawer.Content aria-label="Details">{panel}</Drawer.Content>
      </Drawer.Root>
    </>
  );
}
