import classes from "./GraphCanvas.module.css";

/** The legend for solid and dashed lines. */
export function GraphLegend() {
  return (
    <div className={classes.legend}>
      <span>
        <svg width="28" height="8" aria-hidden="true">
          <path d="M0 4h28" />
        </svg>
        Confirmed
      </span>
      <span title="Asserted by a run that has not succeeded yet">
        <svg width="28" height="8" aria-hidden="true">
          <path d="M0 4h28" strokeDasharray="6 5" />
        </svg>
        Unconfirmed
      </span>
    </div>
  );
}
