import { skipToken } from "@reduxjs/toolkit/query/react";
import { Page, Section } from "@/components/Page";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import { IconTarget } from "@/components/icons";
import { asProblem } from "@/lib/api/problem";
import { useQueryState } from "@/lib/url/useQueryState";
import { usePredictionQuery } from "../api";
import { Behind } from "../components/Behind";
import { LookupForm } from "../components/LookupForm";
import classes from "../components/Prediction.module.css";
import { Inputs, Labels, Verdict } from "../components/Verdict";
import { predictionCodec } from "../model";

/** One prediction by its id, and the data behind it. */
export function PredictionPage() {
  const [view, change] = useQueryState(predictionCodec);
  const question = view.model && view.id ? { model: view.model, id: view.id } : null;
  const { currentData: found, error, refetch } = usePredictionQuery(question ?? skipToken);
  return (
    <Page title="Predictions" tab={view.id ? `${view.id} · Predictions` : "Predictions"} lead="Look up one prediction by its id: what was predicted, which label it got, and the data behind it.">
      <Section title="Look up">
        <LookupForm key={`${view.model ?? ""}/${view.id ?? ""}`} model={view.model} id={view.id} onSubmit={(model, id) => { change({ model, id, node: null }); }} />
      </Section>
      {!question && (
        <EmptyState title="Which prediction?" icon={<IconTarget size={32} stroke={1.5} />}>
          The id is the one your service sent with the prediction, often the id of the customer, order or request.
        </EmptyState>
      )}
      {question && error && !found ? <NotFoundOrError id={question.id} error={error} retry={refetch} /> : null}
      {question && !error && !found ? <LoadingRows rows={8} label="Looking up the prediction" /> : null}
      {found && (
        <div data-testid="prediction" data-prediction-id={found.id} style={{ display: "contents" }}>
          <div className={classes.columns}>
            <Verdict prediction={found} />
            <Labels prediction={found} />
            <Inputs prediction={found} />
          </div>
          <Behind prediction={found} view={view} onChange={(part) => { change(part, { replace: true }); }} />
          <p className={classes.kept}>Predictions are kept for {found.kept_days} days.</p>
        </div>
      )}
    </Page>
  );
}

function NotFoundOrError({ id, error, retry }: { id: string; error: unknown; retry: () => unknown }) {
  if (asProblem(error).status !== 404) return <ErrorState error={error} retry={retry} />;
  return (
    <EmptyState title={`No prediction has the id “${id}”`}>
      Check the model and the exact spelling. It may also be older than the time for which predictions are kept.
    </EmptyState>
  );
}
