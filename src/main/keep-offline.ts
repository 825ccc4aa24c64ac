/**
 * Owns the switches that keep Chromium itself off the network, whatever a page asks for; security.ts refuses the requests
 * of pages, these the services behind them. Set before the program is ready. The stand-in of the tests starts its
 * Chromium with the same ones, so that what they do is seen there (test/e2e/loop.e2e.ts).
 */
import type { App, CommandLine, WebContents } from 'electron';

/** Names of switches, without dashes, and their values; '' where there is none. */
export const offlineSwitches = {
  // No name is ever looked up: not for a request, a prefetch, a probe or a service of Chromium's own. The program's own
  // pages and images come over schemes that have no host to resolve.
  'host-resolver-rules': 'MAP * ~NOTFOUND',
  // A system that is set to find its proxy is asked for `wpad` over DNS and DHCP, and for a script from whoever answers.
  'no-proxy-server': '',
  // The browser's own services. Electron is built without most of them; should a version gain one, it starts off.
  'disable-background-networking': '', // variations, safe browsing, push messages, predictors
  'disable-component-update': '', // downloads of lists and modules that Chromium keeps current
  'disable-domain-reliability': '', // reports on failed requests
  'disable-sync': '', // accounts
  'no-pings': '', // <a ping>
} satisfies Record<string, string>;

export function keepOffline(commandLine: Pick<CommandLine, 'appendSwitch'>): void {
  for (const [name, value] of Object.entries(offlineSwitches))
    commandLine.appendSwitch(name, value || undefined);
}

/** WebRTC sends to addresses that need no look-up, past the interception of requests: no datagram without a proxy, and there is none. */
export function keepContentsOffline(contents: Pick<WebContents, 'setWebRTCIPHandlingPolicy'>): void {
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/** Once ready: names go to the system's resolver alone, which the rule above never lets it ask; no secure DNS is probed for. */
export function keepResolverOffline(app: Pick<App, 'configureHostResolver'>): void {
  app.configureHostResolver({ enableBuiltInResolver: false, secureDnsMode: 'off' });
}
