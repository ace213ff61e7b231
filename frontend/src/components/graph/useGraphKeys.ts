import { useCallback, type KeyboardEvent, type RefObject } from "react";
import type { Scene } from "@/lib/api/types";
import type { CameraControls } from "./useCamera";
import type { Positions } from "./layout";
import { neighbour, type Direction } from "./scene";

const ARROWS: Record<string, Direction> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

interface Options {
  root: RefObject<HTMLDivElement | null>;
  scene: Scene;
  positions: Positions;
  selected: string | null;
  camera: CameraControls;
  onSelect: (id: string | null, by: "keyboard") => void;
  onRefocus?: (id: string) => void;
}

function escaped(id: string): string {
  return CSS.escape(id);
}

/** Moves the keyboard's focus to a card; a culled card is brought into view first and focused as soon as it is there. */
export function focusCard(root: HTMLElement | null, id: string, tries = 20): void {
  const card = root?.querySelector<HTMLElement>(`.react-flow__node[data-id="${escaped(id)}"]`);
  if (card) card.focus({ preventScroll: true });
  else if (tries > 0) requestAnimationFrame(() => { focusCard(root, id, tries - 1); });
}

/** Arrow keys move to neighbours, Enter opens, Shift+Enter focuses, F fits, + and - zoom, Escape closes. */
export function useGraphKeys({ root, scene, positions, selected, camera, onSelect, onRefocus }: Options) {
  return useCallback(
    (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const card = (event.target as HTMLElement).closest(".react-flow__node");
      const here = card?.getAttribute("data-id") ?? null;
      const direction = ARROWS[event.key];
      if (direction) {
        const next = here ? neighbour(scene, positions, here, direction) : (selected ?? scene.focus);
        if (next) {
          camera.show(next);
          focusCard(root.current, next);
        }
      } else if (event.key === "Enter" && here) {
        if (event.shiftKey) onRefocus?.(here);
        else onSelect(here, "keyboard");
      } else if (event.key === "Escape" && selected) onSelect(null, "keyboard");
      else if (event.key === "f") camera.fit();
      else if (event.key === "+" || event.key === "=") camera.zoomBy(1.25);
      else if (event.key === "-") camera.zoomBy(0.8);
      else return;
      event.preventDefault();
    },
    [root, scene, positions, selected, camera, onSelect, onRefocus],
  );
}
