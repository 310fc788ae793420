/**
 * go-plugin's tests of its own host, and their state here.
 * `proven`: a test of ours checks the same, against go-plugin's own programs.
 * `notApplicable`: it does not apply to this host.
 */
export type Row = {
  readonly number: number;
  /** The name of the test in go-plugin. */
  readonly name: string;
  /** The requirement for this host. */
  readonly holds: string;
} & ({ readonly state: 'proven' } | { readonly state: 'notApplicable'; readonly why: string });

function proven(number: number, name: string, holds: string): Row {
  return { number, name, holds, state: 'proven' };
}

function notApplicable(number: number, name: string, holds: string, why: string): Row {
  return { number, name, holds, state: 'notApplicable', why };
}

export const rows: readonly Row[] = [
  proven(
    1,
    'TestClient',
    'the address of the line is reported as tcp and :1234, and a plugin that never listens is killed',
  ),
  proven(2, 'TestClient_killStart', 'a failed start is final: stopping the plugin does not start it again'),
  proven(3, 'TestClient_testCleanup', 'the plugin ends in order, with code 0 and nothing logged at error'),
  proven(
    4,
    'TestClient_noStdoutScannerRace',
    'quick starts and stops leave no reader behind, and log nothing at error',
  ),
  notApplicable(
    5,
    'TestClient_testInterface',
    'a call is answered, and the plugin ends in order',
    'The plugin uses netrpc; row 7 is the same over gRPC.',
  ),
  proven(6, 'TestClient_grpc_servercrash', 'a killed plugin is detected within 2 s'),
  proven(7, 'TestClient_grpc', 'Double(21) is 42 over gRPC, and the plugin ends in order'),
  notApplicable(
    8,
    'TestClient_grpcNotAllowed',
    'a host that allows only netrpc rejects a gRPC plugin',
    'gRPC is the only protocol of this host.',
  ),
  proven(9, 'TestClient_grpcSyncStdio', 'what the plugin prints reaches two sinks byte for byte'),
  notApplicable(
    10,
    'TestClient_cmdAndReattach',
    'a command and a running process together are rejected',
    'They are compatible here: the host attaches to the running process, and the command starts the next one.',
  ),
  notApplicable(
    11,
    'TestClient_reattach',
    'a second host reattaches to a running plugin, and stops it in order',
    'The plugin uses netrpc; row 13 is the same over gRPC.',
  ),
  proven(
    12,
    'TestClient_reattachNoProtocol',
    'a running process whose protocol is empty is rejected as netrpc, and left alone',
  ),
  proven(
    13,
    'TestClient_reattachGRPC',
    'a second host reattaches to a running plugin by its process id, and stops it in order',
  ),
  proven(14, 'TestClient_reattachNotFound', 'a process that does not exist is reported as not found'),
  proven(15, 'TestClientStart_badVersion', 'an application version that the host did not offer is rejected'),
  proven(
    16,
    'TestClient_Start_badNegotiatedVersion',
    'a plugin that supports none of the offered versions is rejected',
  ),
  proven(17, 'TestClient_Start_Timeout', 'a plugin that prints nothing is killed at the deadline'),
  proven(18, 'TestClient_Stderr', 'every line of stderr is forwarded, and the plugin exits by itself'),
  proven(19, 'TestClient_StderrJSON', 'JSON that is not a log record is forwarded verbatim'),
  proven(20, 'TestClient_textLogLevel', 'a line that begins with [WARN] is a warning'),
  proven(21, 'TestClient_Stdin', "the plugin reads the host's stdin with the option, and nothing without it"),
  proven(22, 'TestClient_SkipHostEnv', "the host's variables are inherited with the option only"),
  proven(
    23,
    'TestClient_RequestGRPCMultiplexing_UnsupportedByPlugin',
    'a plugin that cannot multiplex is rejected with a code of its own where multiplexing is required',
  ),
  proven(
    24,
    'TestClient_SecureConfig',
    'a program with another checksum is not started, and one with the right checksum is',
  ),
  notApplicable(
    25,
    'TestClient_TLS',
    'a call is answered over TLS with given certificates',
    'The plugin uses netrpc; row 26 is the same over gRPC.',
  ),
  proven(
    26,
    'TestClient_TLS_grpc',
    'Double is answered over TLS with given certificates, and the plugin ends in order',
  ),
  notApplicable(
    27,
    'TestClient_secureConfigAndReattach',
    'a checksum and a running process together are rejected',
    'They are compatible here: the host attaches to the running process, and the checksum is compared before the next start.',
  ),
  proven(28, 'TestClient_ping', 'a ping is answered, and fails after the plugin was stopped'),
  proven(29, 'TestClient_wrongVersion', 'the common version may be a netrpc one, which is rejected'),
  notApplicable(
    30,
    'TestClient_legacyClient',
    'the common version is a netrpc one, and a ping without TLS fails',
    'The common version is netrpc, which row 29 rejects.',
  ),
  proven(
    31,
    'TestClient_legacyServer',
    'version 2 is negotiated, but a plugin that requires TLS does not become healthy without it',
  ),
  proven(
    32,
    'TestClient_versionedClient',
    'version 2 is negotiated over gRPC, and a killed plugin is detected within 2 s',
  ),
  proven(
    33,
    'TestClient_mtlsClient',
    'Double(3) is 6 over mutual TLS, and a killed plugin is detected within 2 s',
  ),
  notApplicable(34, 'TestClient_mtlsNetRPCClient', 'netrpc over mutual TLS', 'The plugin uses netrpc.'),
  proven(35, 'TestClient_logger', 'the fields of a log record arrive, strings and numbers alike'),
  proven(36, 'TestServerLogPanic', 'a panic fails the call, and it and its stack are logged at error'),
  proven(37, 'TestClient_logStderr', 'the raw copy of stderr is the same byte for byte, long lines too'),
  proven(
    38,
    'TestClient_logStderrParseJSON',
    'a record within the buffer is parsed, and a longer one is logged in pieces at debug',
  ),
  proven(
    39,
    'TestClient_testInterfaceReattach',
    'a host that did not start a plugin reattaches to it in its own session, and stops it in order',
  ),
  proven(40, 'TestSetGroup', 'the socket directory belongs to the given group, by number or by name'),
  proven(41, 'TestGRPC_App', 'host and plugin call each other through the broker, also multiplexed'),
  proven(42, 'TestGRPCConn_BidirectionalPing', 'PingPong is answered'),
  proven(
    43,
    'TestGRPCC_Stream',
    'a stream in both directions echoes 21 to 26 in lock-step, also multiplexed',
  ),
  proven(
    44,
    'TestGRPC_Ping',
    'two pings are answered, and a third fails once the server is gone, also multiplexed',
  ),
  notApplicable(
    45,
    'TestGRPC_Reflection',
    'the plugin lists its services',
    'It concerns the plugin library; a host does not need the list.',
  ),
  proven(
    46,
    'TestServer_testMode',
    'a running plugin that is reattached in test mode is pinged, and not stopped',
  ),
  proven(47, 'TestServer_testMode_AutoMTLS', 'pings, calls and brokered calls work over mutual TLS'),
  notApplicable(
    48,
    'TestProtocolSelection_no_server',
    'a plugin without a gRPC server announces netrpc',
    'The announcement is made by the plugin library.',
  ),
  proven(49, 'TestUnixSocketDir', "the plugin's socket is in the directory that the host made for it"),
  proven(
    50,
    'TestUnixSocketGroupPermissions',
    'the socket has mode 0660 and the given group, by number or by name',
  ),
  proven(51, 'TestRmListener', 'no socket file is left, neither after an orderly end nor after a kill'),
  notApplicable(
    52,
    'TestServer_RPC, TestServer_testStdLogger',
    'a netrpc server serves, and logs',
    'They concern the plugin library only.',
  ),
  proven(
    53,
    'TestAdditionalNotesAboutCommand',
    'a program for another system or processor is recognized: ELF, Mach-O and PE',
  ),
];

export function rowOf(number: number): Row {
  const row = rows.find((candidate) => candidate.number === number);
  if (row === undefined) throw new Error(`There is no row ${number}.`);
  return row;
}

/** The name of the test that proves a row. */
export function titleOf({ number, name, holds }: Row): string {
  return `${number} ${name}: ${holds}`;
}
