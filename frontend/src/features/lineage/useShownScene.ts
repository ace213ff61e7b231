import { useState } from "react";
import type { Scene } from "@/lib/api/types";
import { useSceneQuery } from "./api";
import { questionKey, withoutMetrics, type LineageView } from "./model";

interface Shown {
  answer: Scene;
  scene: Scene;
  /** The query of this scene. */
  question: string;
}

/** The scene of a view. While the next one is loading, the previous one stays on screen under its own query. */
export function useShownScene(view: LineageView, focus: string) {
  const { up, down, as_of } = view;
  const { currentData, error, isFetching, refetch } = useSceneQuery({ focus, up, down, as_of });
  const [shown, setShown] = useState<Shown | null>(null);
  const question = questionKey(view);
  if (currentData && (shown?.answer !== currentData || shown.question !== question)) {
    setShown({ answer: currentData, scene: view.metrics === "shown" ? currentData : withoutMetrics(currentData), question });
  }
  const failed = error !== undefined && currentData === undefined;
  return { shown: failed ? null : shown, error: failed ? error : null, waiting: isFetching && currentData === undefined, refetch };
}
