import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState, type ReactNode } from "react";
import { Page, Section } from "@/components/Page";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import { IconSearch } from "@/components/icons";
import type { Page as Answer } from "@/lib/api/types";
import { kindInfo } from "@/lib/kinds";
import { statusInfo } from "@/lib/status";
import { useQueryState } from "@/lib/url/useQueryState";
import { useNodesInfiniteQuery, useRunListInfiniteQuery } from "../api";
import classes from "../components/Catalog.module.css";
import { NodeList, RunList } from "../components/Lists";
import { askedStatus, catalogCodec, KINDS, statusesOf, type CatalogView } from "../model";

const CHOICES = KINDS.map((kind) => ({ value: kind, label: kindInfo(kind).plural }));

/** All nodes of one kind: the lists behind the counts on Home. */
export function CatalogPage() {
  const [view, change] = useQueryState(catalogCodec);
  const { plural } = kindInfo(view.kind);
  const statuses = statusesOf(view.kind).map((value) => ({ value, label: statusInfo(value)?.word ?? value }));
  return (
    <Page title="Catalogue" tab={`${plural} · Catalogue`} lead="Everything that has been reported, by kind.">
      <div className={classes.controls}>
        <Select
          label="Kind"
          value={view.kind}
          data={CHOICES}
          allowDeselect={false}
          onChange={(kind) => { change({ kind: KINDS.find((known) => known === kind) ?? view.kind, status: "any" }); }}
        />
        {statuses.length > 0 && (
          <Select
            label={view.kind === "ETLProcess" ? "Latest run" : "Status"}
            value={askedStatus(view) ?? "any"}
            data={[{ value: "any", label: "Any" }, ...statuses]}
            allowDeselect={false}
            onChange={(status) => { change({ status: status ?? "any" }); }}
          />
        )}
        {view.kind !== "Run" && <NameFilter key={view.kind} value={view.q ?? ""} onChange={(q) => { change({ q }, { replace: true }); }} />}
      </div>
      {view.kind === "Run" ? <Runs view={view} /> : <Nodes view={view} />}
    </Page>
  );
}

function NameFilter({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  const send = useDebouncedCallback(onChange, 250);
  return (
    <TextInput
      label="Name"
      wrapperProps={{ "data-wide": true }}
      type="search"
      placeholder="Any part of the name"
      leftSection={<IconSearch size={16} aria-hidden="true" />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        send(event.currentTarget.value.trim());
      }}
    />
  );
}

function Nodes({ view }: { view: CatalogView }) {
  const { kind, q } = view;
  const status = askedStatus(view);
  const { currentData, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useNodesInfiniteQuery({ kind, status, q });
  return (
    <Listed title={kindInfo(kind).plural} narrowed={status !== null || q !== null} pages={currentData?.pages} error={error} retry={refetch} next={hasNextPage} busy={isFetchingNextPage} more={() => void fetchNextPage()}>
      {(nodes) => <NodeList kind={kind} nodes={nodes} status={statusesOf(kind).length > 0} />}
    </Listed>
  );
}

function Runs({ view }: { view: CatalogView }) {
  const state = askedStatus(view);
  const { currentData, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useRunListInfiniteQuery({ state });
  return (
    <Listed title="Runs" narrowed={state !== null} pages={currentData?.pages} error={error} retry={refetch} next={hasNextPage} busy={isFetchingNextPage} more={() => void fetchNextPage()}>
      {(runs) => <RunList runs={runs} />}
    </Listed>
  );
}

interface ListedProps<T> {
  title: string;
  /** Whether a filter is active. */
  narrowed: boolean;
  pages: readonly Answer<T>[] | undefined;
  error: unknown;
  retry: () => unknown;
  next: boolean;
  busy: boolean;
  more: () => void;
  children: (items: T[]) => ReactNode;
}

/** A list that shows whether it is complete, and loads more on request. */
function Listed<T>({ title, narrowed, pages, error, retry, next, busy, more, children }: ListedProps<T>) {
  const items = pages?.flatMap((page) => page.items);
  const count = items?.length.toLocaleString() ?? "";
  return (
    <Section title={title} flush hint={items && items.length > 0 ? (next ? `the first ${count}` : `${count} in total`) : undefined}>
      {error && !items ? <ErrorState error={error} retry={retry} /> : null}
      {!error && !items ? <LoadingRows label={`Loading ${title.toLowerCase()}`} /> : null}
      {items?.length === 0 && (
        <EmptyState title={narrowed ? `No ${title.toLowerCase()} match` : `No ${title.toLowerCase()} yet`}>
          {narrowed ? "Try another status or a shorter name." : "They appear as soon as a producer reports them."}
        </EmptyState>
      )}
      {items && items.length > 0 && <div className={classes.list} data-testid="catalog-list">{children(items)}</div>}
      {items && error ? <ErrorState error={error} retry={more} /> : null}
      {next && !error && (
        <div className={classes.more}>
          <Button variant="default" loading={busy} onClick={more}>
            Show more
          </Button>
        </div>
      )}
    </Section>
  );
}
