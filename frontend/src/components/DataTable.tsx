import {
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  useReactTable,
  type ColumnDef,
  type SortingState,
} from "@tanstack/react-table";
import { useState, type ReactNode } from "react";
import classes from "./DataTable.module.css";
import { IconChevronDown, IconChevronUp, IconSelector } from "./icons";

interface Props<Row> {
  caption: string;
  rows: readonly Row[];
  // The value type differs from column to column; the library itself asks for `any` here.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  columns: ColumnDef<Row, any>[];
  rowKey: (row: Row) => string;
  sort?: SortingState;
  selected?: string | null;
  onSelect?: (row: Row) => void;
  empty?: ReactNode;
}

const ARIA = { asc: "ascending", desc: "descending" } as const;

/** A table that sorts by its headings. Columns with `meta.numeric` are right-aligned. */
export function DataTable<Row>({ caption, rows, columns, rowKey, sort = [], selected, onSelect, empty }: Props<Row>) {
  const [sorting, setSorting] = useState<SortingState>(sort);
  const table = useReactTable({
    data: rows as Row[],
    columns,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: rowKey,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });

  return (
    // A table wider than the screen scrolls in its own container, also by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.scroll} tabIndex={0} role="group" aria-label={caption}>
      <table className={classes.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const state = header.column.getIsSorted();
                const label = flexRender(header.column.columnDef.header, header.getContext());
                const Icon = state === "asc" ? IconChevronUp : state === "desc" ? IconChevronDown : IconSelector;
                return (
                  <th key={header.id} scope="col" data-numeric={isNumeric(header.column.columnDef)} aria-sort={state ? ARIA[state] : undefined}>
                    {header.column.getCanSort() ? (
                      <button type="button" className={classes.sort} onClick={header.column.getToggleSortingHandler()}>
                        {label}
                        <Icon size={14} aria-hidden="true" data-active={state !== false} />
                      </button>
                    ) : (
                      label
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr
              key={row.id}
              data-row-id={row.id}
              data-clickable={onSelect !== undefined}
              aria-current={selected === row.id ? "true" : undefined}
              onClick={onSelect && (() => { onSelect(row.original); })}
            >
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} data-numeric={isNumeric(cell.column.columnDef)}>
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && empty}
    </div>
  );
}

function isNumeric(definition: { meta?: unknown }): boolean {
  return (definition.meta as { numeric?: boolean } | undefined)?.numeric === true;
}
