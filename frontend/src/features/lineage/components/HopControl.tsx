import { ActionIcon } from "@mantine/core";
import { IconMinus, IconPlus } from "@/components/icons";
import { MOST_HOPS } from "../model";
import classes from "./Toolbar.module.css";

interface Props {
  label: string;
  value: number;
  onChange: (value: number) => void;
}

/** How many hops to walk in one direction. */
export function HopControl({ label, value, onChange }: Props) {
  return (
    <div className={classes.hops} role="group" aria-label={`Hops ${label.toLowerCase()}`}>
      <span className={classes.hopLabel}>{label}</span>
      <ActionIcon variant="subtle" color="gray" size={24} disabled={value <= 0} onClick={() => { onChange(value - 1); }} aria-label={`Fewer hops ${label.toLowerCase()}`}>
        <IconMinus size={14} />
      </ActionIcon>
      <output className={classes.hopValue} aria-label={`${label} hops`}>
        {value}
      </output>
      <ActionIcon variant="subtle" color="gray" size={24} disabled={value >= MOST_HOPS} onClick={() => { onChange(value + 1); }} aria-label={`More hops ${label.toLowerCase()}`}>
        <IconPlus size={14} />
      </ActionIcon>
    </div>
  );
}
