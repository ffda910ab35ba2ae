//! MQTT 5.0. Where the sides differ, each has its own.

use slimqtt_agent::wire::mqtt_5_0::{
    ClientAuth, ClientDisconnect, ClientPuback, ClientPublish, ClientPubrec, Connack, Connect, Pingreq, Pingresp,
    Pubcomp, Pubrel, ServerAuth, ServerDisconnect, ServerPuback, ServerPublish, ServerPubrec, Suback, Subscribe,
    Unsuback, Unsubscribe,
};

codecs!(
    connect: Connect<'_>,
    connack: Connack<'_>,
    client_publish: ClientPublish<'_>,
    server_publish: ServerPublish<'_>,
    client_puback: ClientPuback<'_>,
    server_puback: ServerPuback<'_>,
    client_pubrec: ClientPubrec<'_>,
    server_pubrec: ServerPubrec<'_>,
    pubrel: Pubrel<'_>,
    pubcomp: Pubcomp<'_>,
    subscribe: Subscribe<'_>,
    suback: Suback<'_>,
    unsubscribe: Unsubscribe<'_>,
    unsuback: Unsuback<'_>,
    pingreq: Pingreq,
    pingresp: Pingresp,
    client_disconnect: ClientDisconnect<'_>,
    server_disconnect: ServerDisconnect<'_>,
    client_auth: ClientAuth<'_>,
    server_auth: ServerAuth<'_>,
);
