import { bounds, CARD, type Positions } from "./layout";

export interface Camera {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

const MARGIN = 32;
/** Below this a card's name can no longer be read. */
const READABLE = 0.62;
const NEAR = 0.75;
const LARGEST = 1;
/** Below this the drawing is of no use even as a map. */
export const SMALLEST = 0.08;

function fitting(positions: Positions, size: Size): Camera {
  const box = bounds(positions);
  const zoom = Math.min(LARGEST, (size.width - 2 * MARGIN) / Math.max(1, box.width), (size.height - 2 * MARGIN) / Math.max(1, box.height));
  const used = Math.max(SMALLEST, zoom);
  return {
    zoom: used,
    x: size.width / 2 - (box.x + box.width / 2) * used,
    y: size.height / 2 - (box.y + box.height / 2) * used,
  };
}

/** The whole drawing, however small it gets. */
export function whole(positions: Positions, size: Size): Camera {
  return fitting(positions, size);
}

/** One axis: the focus in the middle, unless that would leave space beyond the end of the drawing unused. */
function along(focus: number, start: number, length: number, room: number, zoom: number): number {
  if (length * zoom <= room - 2 * MARGIN) return room / 2 - (start + length / 2) * zoom;
  const first = MARGIN - start * zoom;
  const last = room - MARGIN - (start + length) * zoom;
  return Math.max(last, Math.min(first, room / 2 - focus * zoom));
}

/** The initial view of a scene: all of it if it is readable at that size, otherwise with the focus in the middle. */
export function firstLook(positions: Positions, focus: string, size: Size): Camera {
  const all = fitting(positions, size);
  const at = positions.get(focus);
  if (all.zoom >= READABLE || !at) return all;
  const zoom = NEAR;
  const box = bounds(positions);
  return {
    zoom,
    x: along(at.x + CARD.width / 2, box.x, box.width, size.width, zoom),
    y: along(at.y + CARD.height / 2, box.y, box.height, size.height, zoom),
  };
}

/** The smallest camera movement that brings a card completely into view. */
export function reveal(camera: Camera, at: { x: number; y: number }, size: Size): Camera {
  const left = at.x * camera.zoom + camera.x;
  const top = at.y * camera.zoom + camera.y;
  const shift = (low: number, length: number, room: number) =>
    low < MARGIN ? MARGIN - low : low + length > room - MARGIN ? room - MARGIN - low - length : 0;
  return {
    zoom: camera.zoom,
    x: camera.x + shift(left, CARD.width * camera.zoom, size.width),
    y: camera.y + shift(top, CARD.height * camera.zoom, size.height),
  };
}

export function cameraText({ x, y, zoom }: Camera): string {
  return `${x.toFixed(1)},${y.toFixed(1)},${zoom.toFixed(3)}`;
}
