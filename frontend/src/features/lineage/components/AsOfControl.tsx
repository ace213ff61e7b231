import { CloseButton, TextInput } from "@mantine/core";
import { useState } from "react";
import { fromLocalField, toLocalField, utcMoment } from "@/lib/format/time";
import classes from "./Toolbar.module.css";

interface Props {
  value: string | null;
  onChange: (value: string | null) => void;
}

/** The moment whose graph is shown; empty means now. A half-typed time changes nothing until the field is left. */
export function AsOfControl({ value, onChange }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const shown = draft ?? toLocalField(value);
  const commit = () => {
    if (draft !== null && draft !== toLocalField(value)) onChange(fromLocalField(draft));
    setDraft(null);
  };
  return (
    <label className={classes.asOf} title={value ? utcMoment(value) : "The graph as it is now"}>
      <span className={classes.hopLabel}>As of</span>
      <TextInput
        type="datetime-local"
        size="xs"
        aria-label="As of"
        data-empty={shown === ""}
        value={shown}
        onChange={(event) => { setDraft(event.currentTarget.value); }}
        onBlur={commit}
        onKeyDown={(event) => { if (event.key === "Enter") commit(); }}
      />
      {value ? <CloseButton size="sm" aria-label="Back to now" onClick={() => { setDraft(null); onChange(null); }} /> : <span className={classes.now}>now</span>}
    </label>
  );
}
