import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { SchemaColumn } from "@/lib/api/types";
import classes from "./NodePanel.module.css";

const SHORT = 10;

/** The columns of a dataset, ten at first, with a filter when there are more. */
export function ColumnList({ columns }: { columns: readonly SchemaColumn[] }) {
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const wanted = text.trim().toLowerCase();
  const found = columns.filter((column) => column.name.toLowerCase().includes(wanted));
  const shown = all ? found : found.slice(0, SHORT);
  return (
    <details className={classes.part} open>
      <summary>Columns ({columns.length})</summary>
      <div className={classes.partBody}>
        {columns.length > SHORT && (
          <TextInput size="xs" mb={8} aria-label="Filter columns" placeholder="Filter columns" value={text} onChange={(event) => { setText(event.currentTarget.value); }} />
        )}
        <ul className={classes.columns}>
          {shown.map((column) => (
            <li key={column.name} title={column.description ?? undefined}>
              <span>{column.name}</span>
              <code>{column.type ?? ""}</code>
            </li>
          ))}
        </ul>
        {found.length > shown.length && (
          <button type="button" className={classes.more} onClick={() => { setAll(true); }}>
            Show {found.length - shown.length} more
          </button>
        )}
        {found.length === 0 && <p className={classes.quiet}>No column matches.</p>}
      </div>
    </details>
  );
}
