import { Button, CloseButton } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import { CopyButton } from "@/components/CopyButton";
import { KindIcon } from "@/components/KindIcon";
import { displayName } from "@/components/graph/scene";
import { StatusBadge } from "@/components/StatusBadge";
import { ErrorState, LoadingRows } from "@/components/states";
import { IconFocus2 } from "@/components/icons";
import type { NodeDetail } from "@/lib/api/types";
import { kindInfo } from "@/lib/kinds";
import { paths } from "@/lib/paths";
import { statusInfo } from "@/lib/status";
import { useNodeQuery } from "../api";
import { modelOf } from "../model";
import { NodeFacts } from "./NodeFacts";
import classes from "./NodePanel.module.css";

interface Props {
  id: string;
  focus: string;
  /** Set if the node's model is known from its neighbours in the scene. */
  model?: string | null;
  /** Move the keyboard focus to the title, as the selection was made by keyboard. */
  takeFocus?: boolean;
  onFocus: (id: string) => void;
  onClose: () => void;
}

/** The details of the selected node, beside the graph. */
export function NodePanel({ id, focus, model, takeFocus = false, onFocus, onClose }: Props) {
  const { currentData: node, error, refetch } = useNodeQuery(id);
  return (
    // Escape closes the details from anywhere inside; the controls inside handle their own keys.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className={classes.panel} data-testid="node-panel" data-panel-id={id} onKeyDown={(event) => { if (event.key === "Escape") onClose(); }}>
      <div className={classes.close}>
        <CloseButton onClick={onClose} aria-label="Close details" />
      </div>
      {error && !node ? <ErrorState error={error} retry={refetch} /> : null}
      {!error && !node ? <LoadingRows label="Loading details" /> : null}
      {node && <Details node={node} model={modelOf(node) ?? model ?? null} isFocus={id === focus} takeFocus={takeFocus} onFocus={onFocus} />}
    </div>
  );
}

interface DetailsProps {
  node: NodeDetail;
  model: string | null;
  isFocus: boolean;
  takeFocus: boolean;
  onFocus: (id: string) => void;
}

function Details({ node, model, isFocus, takeFocus, onFocus }: DetailsProps) {
  const title = useRef<HTMLHeadingElement>(null);
  const status = statusInfo(node.status);
  useEffect(() => {
    if (takeFocus) title.current?.focus();
  }, [node.id, takeFocus]);
  return (
    <>
      <div className={classes.head}>
        <KindIcon kind={node.kind} size={40} />
        <div className={classes.names}>
          <div className={classes.kind}>{kindInfo(node.kind).word}</div>
          <h2 ref={title} tabIndex={-1} className={classes.title} title={`${node.namespace} / ${node.name}`}>
            {displayName(node)}
          </h2>
        </div>
      </div>
      <div className={classes.full}>
        <span>
          <span className={classes.namespace}>{node.namespace}</span> / {node.name}
        </span>
        <CopyButton value={node.name} label="Copy full name" />
      </div>
      <div className={classes.line}>
        {status && <StatusBadge info={status} sign={status.word.startsWith("Alert") ? "alert" : "state"} />}
        {node.tags.map((tag) => (
          <span key={tag} className={classes.tag}>
            {tag}
          </span>
        ))}
      </div>
      {node.description && <p className={classes.description}>{node.description}</p>}
      <div className={classes.actions}>
        {!isFocus && (
          <Button size="xs" leftSection={<IconFocus2 size={15} aria-hidden="true" />} onClick={() => { onFocus(node.id); }}>
            Focus here
          </Button>
        )}
        {model && (
          <Button size="xs" variant="default" component={Link} to={paths.model(model)}>
            Open model page
          </Button>
        )}
      </div>
      <NodeFacts node={node} />
    </>
  );
}
