import { ActionIcon, Menu } from "@mantine/core";
import { useDispatch, useSelector } from "react-redux";
import { IconLogout, IconUser } from "@/components/icons";
import { useLogoutMutation } from "@/features/account/api";
import { useMeQuery } from "@/lib/api/me";
import { selectSession, signedOut } from "@/lib/api/session";

/** Who is signed in, and the sign-out action. */
export function AccountMenu() {
  const session = useSelector(selectSession);
  const dispatch = useDispatch();
  const { data: me } = useMeQuery(undefined);
  const [logout] = useLogoutMutation();
  const leave = async () => {
    // The cookie is deleted or the server cannot be reached; in both cases forget the session here.
    await logout(undefined);
    dispatch(signedOut({ expired: false }));
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} aria-label="Account">
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session.state === "open" ? "Reading without signing in" : (me?.display_name ?? me?.username ?? "Signed in")}
          {me && me.roles.length > 0 && ` · ${me.roles.join(", ")}`}
        </Menu.Label>
        {session.state === "in" && (
          <Menu.Item leftSection={<IconLogout size={16} aria-hidden="true" />} onClick={() => void leave()}>
            Sign out
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
