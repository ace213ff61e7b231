import { useOnViewportChange, useReactFlow, useStore, useStoreApi } from "@xyflow/react";
import { useCallback, useEffect, useRef, type RefObject } from "react";
import { cameraText, firstLook, reveal, whole, type Camera } from "./camera";
import type { Positions } from "./layout";

const GLIDE = { duration: 240 };

interface Options {
  root: RefObject<HTMLDivElement | null>;
  positions: Positions;
  focus: string;
  /** Kept in view when the canvas gets smaller, as it does when the details open beside it. */
  selected: string | null;
  /** A new value resets the camera; nothing else moves it automatically. */
  place: string;
  settled: boolean;
}

export interface CameraControls {
  fit: () => void;
  zoomBy: (factor: number) => void;
  show: (id: string) => void;
  /** Call when the user moves the camera: from then on it is not moved automatically. */
  taken: () => void;
}

/** Controls the camera: fits a new view, fits it again when its layout settles, and then moves only for the user. */
export function useCamera({ root, positions, focus, selected, place, settled }: Options): CameraControls {
  const flow = useReactFlow();
  const store = useStoreApi();
  const looked = useRef<string | null>(null);
  const owned = useRef(false);

  const size = useCallback(() => {
    const { width, height } = store.getState();
    return { width, height };
  }, [store]);
  const note = useCallback((camera: Camera) => { root.current?.setAttribute("data-camera", cameraText(camera)); }, [root]);
  useOnViewportChange({ onChange: note, onEnd: note });

  const look = `${place}#${settled ? "settled" : "first"}`;
  useEffect(() => {
    const isNew = !looked.current?.startsWith(`${place}#`);
    if (isNew) owned.current = false;
    if (looked.current === look || owned.current) return;
    // A view whose layout has already settled is fitted only once.
    looked.current = look;
    let frame = 0;
    const move = () => {
      const room = size();
      if (room.width === 0) frame = requestAnimationFrame(move);
      else void flow.setViewport(firstLook(positions, focus, room)).then(() => { note(flow.getViewport()); });
    };
    move();
    return () => { cancelAnimationFrame(frame); };
  }, [look, place, positions, focus, flow, size, note]);

  const width = useStore((state) => state.width);
  const seen = useRef({ width, positions, selected });
  useEffect(() => {
    seen.current = { ...seen.current, positions, selected };
  }, [positions, selected]);
  useEffect(() => {
    const before = seen.current;
    seen.current = { ...before, width };
    const at = before.selected === null ? undefined : before.positions.get(before.selected);
    if (at && before.width > width && width > 0) void flow.setViewport(reveal(flow.getViewport(), at, size()));
  }, [width, flow, size]);

  return {
    fit: () => {
      owned.current = true;
      void flow.setViewport(whole(positions, size()), GLIDE);
    },
    zoomBy: (factor) => {
      owned.current = true;
      void flow.zoomTo(flow.getZoom() * factor, { duration: 120 });
    },
    show: (id) => {
      const at = positions.get(id);
      if (!at) return;
      owned.current = true;
      void flow.setViewport(reveal(flow.getViewport(), at, size()));
    },
    taken: () => {
      owned.current = true;
    },
  };
}
