import { NavLink } from "react-router";
import { PLACES } from "../places";
import classes from "./Nav.module.css";

/** The main navigation. */
export function Nav() {
  return (
    <nav className={classes.nav} aria-label="Main">
      <div className={classes.brand}>
        <img src="/favicon.svg" width={28} height={28} alt="" />
        Headwater
      </div>
      <ul className={classes.list}>
        {PLACES.map(
          ({ path, shown }) =>
            shown && (
              <li key={shown.label}>
                <NavLink to={`/${path ?? ""}`} end={path === undefined} className={classes.link ?? ""}>
                  <shown.icon size={20} stroke={1.7} aria-hidden="true" />
                  <span>{shown.label}</span>
                </NavLink>
              </li>
            ),
        )}
      </ul>
    </nav>
  );
}
