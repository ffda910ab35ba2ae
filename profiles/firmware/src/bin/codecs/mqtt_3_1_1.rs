//! MQTT 3.1.1.

use slimqtt_agent::wire::{
    Connack, Connect, Disconnect, Pingreq, Pingresp, Puback, Pubcomp, Publish, Pubrec, Pubrel, Suback, Subscribe,
    Unsuback, Unsubscribe,
};

codecs!(
    connect: Connect<'_>,
    connack: Connack,
    publish: Publish<'_>,
    puback: Puback,
    pubrec: Pubrec,
    pubrel: Pubrel,
    pubcomp: Pubcomp,
    subscribe: Subscribe<'_>,
    suback: Suback<'_>,
    unsubscribe: Unsubscribe<'_>,
    unsuback: Unsuback,
    pingreq: Pingreq,
    pingresp: Pingresp,
    disconnect: Disconnect,
);
