import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useDispatch, useSelector } from "react-redux";
import { Navigate, useSearchParams } from "react-router";
import { asProblem } from "@/lib/api/problem";
import { selectSession, signedIn } from "@/lib/api/session";
import { useLoginMutation } from "../api";
import { loginMessage, safeReturn } from "../model";
import classes from "./LoginPage.module.css";

/** The sign-in page. */
export function LoginPage() {
  const [params] = useSearchParams();
  const session = useSelector(selectSession);
  const dispatch = useDispatch();
  const [login, { isLoading, error }] = useLoginMutation();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");

  if (session.state === "in" || session.state === "open") return <Navigate to={safeReturn(params.get("next"))} replace />;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await login({ username: username.trim(), password });
    if (answer.data) dispatch(signedIn(answer.data.access_token));
  };

  return (
    <main className={classes.page}>
      <title>Sign in · Headwater</title>
      <div className={classes.card}>
        <img src="/favicon.svg" width={40} height={40} alt="" />
        <h1 className={classes.title}>Sign in to Headwater</h1>
        <p className={classes.lead}>Every prediction, traced back to its source.</p>
        {session.expired && !error && (
          <Alert color="yellow" variant="light" role="status">
            Your session has ended. Sign in to continue where you left off.
          </Alert>
        )}
        {error && (
          <Alert color="red" variant="light" role="alert" data-testid="login-error">
            {loginMessage(asProblem(error))}
          </Alert>
        )}
        <form className={classes.form} onSubmit={(event) => void submit(event)}>
          <TextInput label="User name" name="username" autoComplete="username" required value={username} onChange={(event) => { setUsername(event.currentTarget.value); }} />
          <PasswordInput label="Password" name="password" autoComplete="current-password" required value={password} onChange={(event) => { setPassword(event.currentTarget.value); }} />
          <Button type="submit" size="md" loading={isLoading} disabled={!username.trim() || !password} fullWidth>
            Sign in
          </Button>
        </form>
        <p className={classes.hint}>
          First start? The password of <code>admin</code> was printed by <code>headwater up</code>.
        </p>
      </div>
    </main>
  );
}
