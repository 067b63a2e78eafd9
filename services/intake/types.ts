export interface IncomingInstance {
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  callingAe: string;
  calledAe: string;
  peerAddress: string;
  via: 'dimse' | 'stow' | 'import';
}
export interface InstanceSink {
  write(chunk: Buffer): void | Promise<void>;
  finish(): Promise<ReceiveOutcome>;
  abort(): Promise<void>;
}
export interface ReceiveOutcome {
  outcome: 'stored' | 'duplicate' | 'conflict';
  instanceKey: string;
}
export interface InstanceReceiver {
  open(instance: IncomingInstance): Promise<InstanceSink> | InstanceSink;
}
