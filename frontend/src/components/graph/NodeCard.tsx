import type { NodeProps, Node as FlowNode } from "@xyflow/react";
import { Handle, Position } from "@xyflow/react";
import { memo } from "react";
import { KindIcon } from "@/components/KindIcon";
import { MiddleText } from "@/components/MiddleText";
import { NodeLabel } from "@/components/NodeLabel";
import { StatusBadge } from "@/components/StatusBadge";
import type { Node } from "@/lib/api/types";
import { kindInfo } from "@/lib/kinds";
import { statusInfo } from "@/lib/status";
import classes from "./NodeCard.module.css";
import { cardFact, displayName, place } from "./scene";

export interface CardData extends Record<string, unknown> {
  node: Node;
  focus: boolean;
  selected: boolean;
  dimmed: boolean;
}

export type CardNode = FlowNode<CardData, "card">;

/** A card's text is also its accessible name: complete, and in reading order. */
function Card({ data }: NodeProps<CardNode>) {
  const { node, focus, selected, dimmed } = data;
  const status = statusInfo(node.status);
  const alerting = status?.word.startsWith("Alert") ?? false;
  const fact = cardFact(node);
  return (
    <div
      className={classes.card}
      data-node-id={node.id}
      data-kind={node.kind}
      data-status={node.status ?? ""}
      data-focus={focus}
      data-selected={selected}
      data-dimmed={dimmed}
      title={`${node.name}\n${node.namespace}`}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} className={classes.handle} />
      <KindIcon kind={node.kind} size={32} />
      <div className={classes.text}>
        <div className={classes.over}>
          <span className={classes.kind}>{kindInfo(node.kind).word}</span>{" "}
          <MiddleText className={classes.space} text={place(node)} />
        </div>{" "}
        <NodeLabel className={classes.name} look="line" label={displayName(node)} name={node.kind === "EvaluationMetric" ? displayName(node) : node.name} namespace={node.namespace} />{" "}
        <div className={classes.under}>
          {status && <StatusBadge info={status} sign={alerting ? "alert" : "state"} look={alerting ? "tinted" : "plain"} />}{" "}
          {fact && <span className={classes.fact}>{fact}</span>}
        </div>
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} className={classes.handle} />
    </div>
  );
}

export const NodeCard = memo(Card);
