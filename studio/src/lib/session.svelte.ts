/** Whether the server wants its token, and those who wait for a person to give it. */
export const session = $state({ wanted: false });

let waiting: (() => void)[] = [];

/** Asks for the token, once for all requests that want it, and resolves when the server took it. */
export function askForToken(): Promise<void> {
  session.wanted = true;
  return new Promise((resolve) => waiting.push(resolve));
}

/** Lets those who waited go on. */
export function tokenGiven(): void {
  session.wanted = false;
  const all = waiting;
  waiting = [];
  for (const go of all) go();
}
