import { useMediaQuery } from "@mantine/hooks";
import { useLocation, useNavigate } from "react-router";
import { FocusSearch } from "@/features/lineage/components/FocusSearch";
import { paths } from "@/lib/paths";

const WIDE = "(min-width: 1080px)";

/** The global search. On the lineage page it changes the focus and keeps hops and time. */
export function GlobalSearch() {
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const wide = useMediaQuery(WIDE) ?? true;
  const pick = (id: string) => {
    const lineage = paths.lineage();
    const params = new URLSearchParams(pathname === lineage ? search : "");
    params.set("focus", id);
    // On a narrow screen the details would cover the node that was searched for.
    if (wide) params.set("node", id);
    else params.delete("node");
    void navigate(`${lineage}?${params.toString()}`);
  };
  return <FocusSearch onPick={pick} />;
}
