import { Kernel, KernelMessage } from '@jupyterlab/services';
import { JSONObject } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

export const TARGET = 'motadata_nb.panel';

/** Asked once motadata_nb is loaded; never imports it into a kernel that does not use it. */
const LISTEN =
  "__import__('importlib').import_module('motadata_nb_widgets.panel').listen()" +
  " if 'motadata_nb' in __import__('sys').modules else False";

export interface Item {
  name: string;
  detail?: string;
  tip?: string;
  insert?: string;
  children?: Item[];
  attention?: boolean;
}

export interface Section {
  id: string;
  title: string;
  items: Item[];
  more?: number;
}

export interface Snapshot {
  workspace: string;
  note: string;
  sections: Section[];
}

/** What the workspace of a notebook's kernel holds, pushed by the kernel whenever it changes. */
export class Feed implements IDisposable {
  private kernel: Kernel.IKernelConnection | null = null;
  private comm: Kernel.IComm | null = null;
  private asking = false;
  private stale = false;
  private readonly _changed = new Signal<this, Snapshot | null>(this);
  private _snapshot: Snapshot | null = null;
  isDisposed = false;

  get snapshot(): Snapshot | null {
    return this._snapshot;
  }

  get changed(): ISignal<this, Snapshot | null> {
    return this._changed;
  }

  attach(kernel: Kernel.IKernelConnection | null): void {
    if (kernel === this.kernel) {
      return;
    }
    this.detach();
    this.kernel = kernel;
    if (kernel) {
      kernel.iopubMessage.connect(this.onMessage, this);
      kernel.statusChanged.connect(this.onStatus, this);
      void this.ask();
    }
  }

  dispose(): void {
    this.detach();
    this.isDisposed = true;
    Signal.clearData(this);
  }

  private detach(): void {
    if (this.kernel) {
      this.kernel.iopubMessage.disconnect(this.onMessage, this);
      this.kernel.statusChanged.disconnect(this.onStatus, this);
    }
    this.drop();
    this.kernel = null;
  }

  private drop(): void {
    const comm = this.comm;
    this.comm = null;
    if (comm && !comm.isDisposed) {
      comm.onMsg = () => undefined;
      if (this.kernel && !this.kernel.isDisposed && this.kernel.connectionStatus === 'connected') {
        comm.close();
      }
    }
    this.publish(null);
  }

  private publish(snapshot: Snapshot | null): void {
    this._snapshot = snapshot;
    this._changed.emit(snapshot);
  }

  private onMessage(_: unknown, message: KernelMessage.IIOPubMessage): void {
    if (message.header.msg_type === 'execute_input' && !this.comm) {
      this.stale = true;
    }
    if (
      message.header.msg_type === 'status' &&
      (message.content as { execution_state: string }).execution_state === 'idle' &&
      this.stale
    ) {
      this.stale = false;
      void this.ask();
    }
  }

  private onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this.drop();
    }
  }

  private async ask(): Promise<void> {
    const kernel = this.kernel;
    if (!kernel || this.comm || this.asking) {
      return;
    }
    this.asking = true;
    try {
      const info = await kernel.info;
      if (info.language_info.name !== 'python') {
        return;
      }
      const future = kernel.requestExecute({
        code: '',
        silent: true,
        store_history: false,
        user_expressions: { motadata: LISTEN }
      });
      const reply = (await future.done).content as unknown as { user_expressions?: JSONObject };
      const answer = reply.user_expressions?.motadata as { data?: { 'text/plain'?: string } } | undefined;
      if (answer?.data?.['text/plain'] === 'True' && kernel === this.kernel && !this.comm) {
        this.open(kernel);
      }
    } catch (error) {
      // The kernel went away while we asked; the next one is asked anew.
      console.debug('motadata_nb: no answer from the kernel', error);
    } finally {
      this.asking = false;
    }
  }

  private open(kernel: Kernel.IKernelConnection): void {
    const comm = kernel.createComm(TARGET);
    this.comm = comm;
    comm.onMsg = message => {
      this.publish((message.content.data as unknown as { snapshot: Snapshot }).snapshot);
    };
    comm.onClose = () => {
      if (this.comm === comm) {
        this.comm = null;
        this.publish(null);
      }
    };
    comm.open();
  }
}
