import type { TestServer } from '#apiserver/testing.ts';
import type { Client } from '#client/client.ts';
import type { Informers } from '#client/informers.ts';
import type { ManualClock } from '#client/testing/manual-clock.ts';
import type { Transport } from '#client/transport.ts';
import type { Controller, ControllerStatistics } from '#controllers/driver/define-controller.ts';
export interface ControlPlane extends AsyncDisposable {
    readonly server: TestServer['server'];
    readonly clock: ManualClock;
    readonly client: Client;
    readonly informers: Informers;
    readonly statistics: ReadonlyMap<string, ControllerStatistics>;
    /** Lines of level warn and error. */
    readonly complaints: string[];
    /** Kills all controllers where they are, with their caches, and starts new ones. */
    restartControllers(): void;
    /** Moves time on in steps of a second, letting everything settle after each. */
    run(seconds: number): Promise<void>;
}
export interface ControlPlaneOptions {
    readonly controllers: readonly Controller[];
    /** Default: pods become Running and Ready one after the other as they appear; deleted ones vanish. */
    readonly withNode?: boolean;
    /** What lies between the controllers' caches and the server. */
    readonly wrapWatches?: (transport: Transport, clock: ManualClock) => Transport;
    readonly wrap?: (transport: Transport, serviceAccount: string) => Transport;
}
export declare function startControlPlane({ controllers, withNode, wrap, wrapWatches }: ControlPlaneOptions): ControlPlane;
