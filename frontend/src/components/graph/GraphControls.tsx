import { ActionIcon, Tooltip } from "@mantine/core";
import { IconMap, IconMaximize, IconMinus, IconPlus, IconSparkles } from "@/components/icons";
import classes from "./GraphCanvas.module.css";
import type { CameraControls } from "./useCamera";

interface Props {
  camera: CameraControls;
  onTidy: () => void;
  map: boolean;
  onMap: () => void;
}

/** The buttons on the canvas. The tooltips show the keyboard shortcuts. */
export function GraphControls({ camera, onTidy, map, onMap }: Props) {
  const buttons = [
    { label: "Zoom in", hint: "Zoom in (+)", icon: IconPlus, act: () => { camera.zoomBy(1.25); } },
    { label: "Zoom out", hint: "Zoom out (−)", icon: IconMinus, act: () => { camera.zoomBy(0.8); } },
    { label: "Fit", hint: "Fit all into view (F)", icon: IconMaximize, act: camera.fit },
    { label: "Tidy", hint: "Tidy: lay out again, keeping the focus in place", icon: IconSparkles, act: onTidy },
  ];
  return (
    <div className={classes.controls} role="toolbar" aria-label="Graph view">
      {buttons.map(({ label, hint, icon: Icon, act }) => (
        <Tooltip key={label} label={hint} position="top">
          <ActionIcon variant="default" size={32} onClick={act} aria-label={label}>
            <Icon size={16} />
          </ActionIcon>
        </Tooltip>
      ))}
      <Tooltip label={map ? "Hide the map" : "Show the map"} position="top">
        <ActionIcon variant="default" size={32} onClick={onMap} aria-label="Map" aria-pressed={map}>
          <IconMap size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
