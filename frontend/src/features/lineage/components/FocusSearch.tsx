import { Combobox, Loader, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { KindIcon } from "@/components/KindIcon";
import { IconSearch } from "@/components/icons";
import { asProblem } from "@/lib/api/problem";
import type { Node } from "@/lib/api/types";
import { kindInfo } from "@/lib/kinds";
import { useSearchNodesQuery } from "../api";
import classes from "./FocusSearch.module.css";

interface Props {
  onPick: (id: string) => void;
  size?: "sm" | "md";
}

/** Finds a node by part of its name; arrow keys choose, Enter selects. */
export function FocusSearch({ onPick, size = "sm" }: Props) {
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text.trim(), 180);
  const box = useCombobox({ onDropdownClose: () => { box.resetSelectedOption(); } });
  const { currentData, isFetching, error } = useSearchNodesQuery({ q }, { skip: q === "" });
  const found = q === "" ? [] : (currentData?.items ?? []);

  return (
    <Combobox
      store={box}
      withinPortal={false}
      onOptionSubmit={(id) => {
        onPick(id);
        setText("");
        box.closeDropdown();
      }}
    >
      <Combobox.Target withExpandedAttribute>
        <TextInput
          className={classes.field}
          size={size}
          type="search"
          role="combobox"
          aria-autocomplete="list"
          aria-label="Search the graph"
          placeholder="Find a dataset, job, model or run id…"
          leftSection={<IconSearch size={16} aria-hidden="true" />}
          rightSection={isFetching && q !== "" ? <Loader size={14} aria-label="Searching" /> : null}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            box.openDropdown();
            box.updateSelectedOptionIndex();
          }}
          onFocus={() => { if (text) box.openDropdown(); }}
          onBlur={() => { box.closeDropdown(); }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && box.getSelectedOptionIndex() < 0 && found[0]) box.selectFirstOption();
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={q === ""}>
        <Combobox.Options aria-label="Matching nodes" className={classes.options}>
          {found.map((node) => (
            <Combobox.Option key={node.id} value={focusOf(node)} data-result-id={node.id} className={classes.option}>
              <KindIcon kind={node.kind} size={26} />
              <span className={classes.text}>
                <span className={classes.name} title={`${node.namespace} / ${node.name}`}>{node.label || node.name}</span>
                <span className={classes.where}>
                  {kindInfo(node.kind).word} · {whereabouts(node)}
                </span>
              </span>
            </Combobox.Option>
          ))}
          {q !== "" && found.length === 0 && <Combobox.Empty>{emptyText(q, isFetching, error)}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

/** Scenes contain no runs, so focus on a run's job. */
export function focusOf({ id, kind, summary }: Pick<Node, "id" | "kind" | "summary">): string {
  const job = summary["job_id"];
  return kind === "Run" && typeof job === "string" ? job : id;
}

/** Namespace, and the full name if the label is only its end, to distinguish equal labels. */
export function whereabouts({ kind, namespace, name, label }: Pick<Node, "kind" | "namespace" | "name" | "label">): string {
  if (kind === "Run") return `${namespace} / ${name}`;
  return label && label !== name && name.endsWith(label) ? `${namespace} / ${name}` : namespace;
}

function emptyText(q: string, busy: boolean, error: unknown): string {
  if (busy) return "Searching…";
  if (error) return asProblem(error).title;
  return `No matches for “${q}”`;
}
