import { MiddleText } from "./MiddleText";

interface Props {
  label: string;
  name: string;
  namespace: string;
  /** `line`: a single line, shortened in the middle if too long. */
  look?: "text" | "line";
  className?: string;
}

/** The short name of a job, dataset or model; the full name is shown on hover, and read by screen readers if it differs. */
export function NodeLabel({ label, name, namespace, look = "text", className }: Props) {
  const text = label || name;
  return (
    <span className={className} title={`${namespace} / ${name}`}>
      {look === "line" ? <MiddleText text={text} /> : text}
      {text !== name && " "}
      {text !== name && <span className="visually-hidden">({name})</span>}
    </span>
  );
}
