import { ActionIcon } from "@mantine/core";
import { IconMinus, IconPlus } from "@/components/icons";
import { MOST_HOPS } from "../model";
import classes from "./Toolbar.module.css";

interface Props {
  label: string;
  value: number;
  /** One hop more (1) or fewer (-1) than there are by then. */
  onStep: (by: 1 | -1) => void;
}

/** Selects the number of hops in one direction. */
export function HopControl({ label, value, onStep }: Props) {
  return (
    <div className={classes.hops} role="group" aria-label={`Hops ${label.toLowerCase()}`}>
      <span className={classes.hopLabel}>{label}</span>
      <ActionIcon variant="subtle" color="gray" size={24} disabled={value <= 0} onClick={() => { onStep(-1); }} aria-label={`Fewer hops ${label.toLowerCase()}`}>
        <IconMinus size={14} />
      </ActionIcon>
      <output className={classes.hopValue} aria-label={`${label} hops`}>
        {value}
      </output>
      <ActionIcon variant="subtle" color="gray" size={24} disabled={value >= MOST_HOPS} onClick={() => { onStep(1); }} aria-label={`More hops ${label.toLowerCase()}`}>
        <IconPlus size={14} />
      </ActionIcon>
    </div>
  );
}
