//! The chapter for who comes from the coreMQTT Agent leaves nothing of it out.

use slimqtt_docs::read;

/// What the public headers of version 1.3 declare, and the parts of coreMQTT that appear in them.
const NAMES: [&str; 50] = [
    "MQTTAgent_Init",
    "MQTTAgent_CommandLoop",
    "MQTTAgent_ResumeSession",
    "MQTTAgent_CancelAll",
    "MQTTAgent_Subscribe",
    "MQTTAgent_Unsubscribe",
    "MQTTAgent_Publish",
    "MQTTAgent_ProcessLoop",
    "MQTTAgent_Connect",
    "MQTTAgent_Disconnect",
    "MQTTAgent_Ping",
    "MQTTAgent_Terminate",
    "MQTTAgentCommand_...",
    "MQTT_AGENT_FUNCTION_TABLE",
    "MQTTAgentContext_t",
    "pPendingAcks",
    "packetReceivedInLoop",
    "MQTTAgentAckInfo_t",
    "MQTTAgentCommand_t",
    "MQTTAgentCommandType_t",
    "MQTTAgentCommandContext_t",
    "MQTTAgentCommandFuncReturns_t",
    "MQTTAgentCommandInfo_t",
    "cmdCompleteCallback",
    "pCmdCompleteCallbackContext",
    "blockTimeMs",
    "MQTTAgentReturnInfo_t",
    "returnCode",
    "pSubackCodes",
    "MQTTAgentConnectArgs_t",
    "pWillInfo",
    "timeoutMs",
    "sessionPresent",
    "MQTTAgentSubscribeArgs_t",
    "MQTTAgentMessageInterface_t",
    "MQTTAgentMessageContext_t",
    "MQTTAgentMessageSend_t",
    "MQTTAgentMessageRecv_t",
    "MQTTAgentCommandGet_t",
    "MQTTAgentCommandRelease_t",
    "MQTTAgentCommandCallback_t",
    "MQTTAgentIncomingPublishCallback_t",
    "MQTTFixedBuffer_t",
    "TransportInterface_t",
    "NetworkContext_t",
    "MQTTGetCurrentTimeFunc_t",
    "MQTTStatus_t",
    "MQTT_AGENT_MAX_OUTSTANDING_ACKS",
    "MQTT_AGENT_MAX_EVENT_QUEUE_WAIT_TIME",
    "MQTT_AGENT_USE_QOS_1_2_PUBLISH",
];

#[test]
fn everything_of_it_has_a_row() {
    let chapter = read("docs/guide/from-coremqtt-agent.md");
    let left: String =
        chapter.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).collect::<Vec<_>>().join("\n");
    for name in NAMES {
        assert!(left.contains(name), "{name} has no row");
    }
}
