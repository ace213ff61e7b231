import { useCallback, useEffect, useMemo, useRef } from "react";
import { useSearchParams } from "react-router";
import { read, write, type Codec } from "./codec";

export type { Codec } from "./codec";

/** What to change of a view, or how to make it of the view as it is by then. */
export type Change<T> = Partial<T> | ((now: T) => Partial<T>);

/** View state that lives in the address: what a link must restore. Unknown parameters are left alone. */
export function useQueryState<T extends object>(codec: Codec<T>): [T, (change: Change<T>, how?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => read(codec, params), [codec, params]);
  // A change may come before the one ahead of it is rendered; neither may undo the other.
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
