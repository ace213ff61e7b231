import fc from "fast-check";
import type { LayoutGraph } from "@/components/graph/layout";

/** Any directed graph of up to thirty nodes: cycles, self loops, repeats and islands included. */
export const anyGraph: fc.Arbitrary<LayoutGraph> = fc.integer({ min: 1, max: 30 }).chain((count) => {
  const nodes = Array.from({ length: count }, (_, i) => `n${String(i)}`);
  const node = fc.constantFrom(...nodes);
  return fc.array(fc.tuple(node, node), { maxLength: 60 }).map((edges) => ({ nodes, edges }));
});
