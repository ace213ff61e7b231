import { NavLink } from "react-router";
import { IconBell, IconBrandStackshare, IconCube, IconHome, IconList, IconTarget } from "@/components/icons";
import { paths } from "@/lib/paths";
import classes from "./Nav.module.css";

const PLACES = [
  { to: paths.home, label: "Home", icon: IconHome, end: true },
  { to: paths.lineage(), label: "Lineage", icon: IconBrandStackshare, end: false },
  { to: paths.catalog(), label: "Catalogue", icon: IconList, end: false },
  { to: paths.models, label: "Models", icon: IconCube, end: false },
  { to: paths.predictions(), label: "Predictions", icon: IconTarget, end: false },
  { to: paths.alerts(), label: "Alerts", icon: IconBell, end: false },
];

/** The places of the product. */
export function Nav() {
  return (
    <nav className={classes.nav} aria-label="Main">
      <div className={classes.brand}>
        <img src="/favicon.svg" width={28} height={28} alt="" />
        Headwater
      </div>
      <ul className={classes.list}>
        {PLACES.map(({ to, label, icon: Icon, end }) => (
          <li key={to}>
            <NavLink to={to} end={end} className={classes.link ?? ""}>
              <Icon size={20} stroke={1.7} aria-hidden="true" />
              <span>{label}</span>
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
