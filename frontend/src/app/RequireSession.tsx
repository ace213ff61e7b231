import { useSelector, useStore } from "react-redux";
import { Navigate, useLocation } from "react-router";
import { ErrorState, LoadingRows } from "@/components/states";
import { selectSession } from "@/lib/api/session";
import { paths } from "@/lib/paths";
import { Shell } from "./shell/Shell";
import { startSession } from "./startSession";
import type { AppStore } from "./store";

/** Renders its children for signed-in users; redirects everyone else to the sign-in page and afterwards back. */
export function RequireSession() {
  const { state, problem } = useSelector(selectSession);
  const store = useStore() as AppStore;
  const { pathname, search } = useLocation();
  if (state === "checking") return <LoadingRows rows={5} label="Signing in" />;
  if (state === "unknown") return <ErrorState error={problem} retry={() => startSession(store)} />;
  if (state === "out") {
    const next = pathname + search;
    return <Navigate to={next === "/" ? paths.login : `${paths.login}?next=${encodeURIComponent(next)}`} replace />;
  }
  return <Shell />;
}
