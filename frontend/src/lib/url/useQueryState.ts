import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { read, write, type Codec } from "./codec";

export type { Codec } from "./codec";

/** View state that lives in the address: what a link must restore. Unknown parameters are left alone. */
export function useQueryState<T extends object>(codec: Codec<T>): [T, (change: Partial<T>, how?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => read(codec, params), [codec, params]);
  const change = useCallback(
    (part: Partial<T>, how: { replace?: boolean } = {}) => {
      setParams((old) => write(codec, { ...read(codec, old), ...part }, old), { replace: how.replace ?? false });
    },
    [codec, setParams],
  );
  return [state, change];
}
