import { useCallback, useEffect, useMemo, useRef } from "react";
import { useSearchParams } from "react-router";
import { read, write, type Codec } from "./codec";

export type { Codec } from "./codec";

/** The changes to a view, or a function that derives them from the current view. */
export type Change<T> = Partial<T> | ((now: T) => Partial<T>);

/** View state stored in the URL, so that a link restores it. Unknown parameters are kept. */
export function useQueryState<T extends object>(codec: Codec<T>): [T, (change: Change<T>, how?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => read(codec, params), [codec, params]);
  // A change may follow before the previous one is rendered; neither may undo the other.
  const newest = useRef(params);
  useEffect(() => {
    newest.current = params;
  }, [params]);
  const change = useCallback(
    (part: Change<T>, how: { replace?: boolean } = {}) => {
      const now = read(codec, newest.current);
      const next = { ...now, ...(typeof part === "function" ? part(now) : part) };
      newest.current = write(codec, next, newest.current);
      setParams(newest.current, { replace: how.replace ?? false });
    },
    [codec, setParams],
  );
  return [state, change];
}
