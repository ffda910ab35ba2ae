//! The expansion: the enum as it was, and the agent with a typed method for each command.
//!
//! It adds types and calls, no code of its own.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::{ItemEnum, Path, Visibility};

use crate::arguments::Arguments;
use crate::commands::{Command, Commands};

/// What all parts need.
struct Expansion<'a> {
    name: &'a Ident,
    slimqtt: &'a Path,
    visibility: &'a Visibility,
    slots: Literal,
    packet: Literal,
    /// A link in the documentation, wherever slimqtt is.
    command_error: String,
}

/// All items.
pub(crate) fn agent(arguments: &Arguments, commands: &Commands, item: &ItemEnum) -> TokenStream {
    let (name, visibility, slimqtt) = (&item.ident, &item.vis, &arguments.slimqtt);
    let [slots, packet, receive, timeout_ms] =
        [arguments.commands, arguments.packet, arguments.receive, arguments.timeout * 1000]
            .map(Literal::usize_unsuffixed);
    let about = format!(
        " An MQTT 3.1.1 agent with {slots} slots of {packet} bytes for outgoing packets and {receive} bytes for incoming ones.",
    );
    let path = slimqtt.to_token_stream().to_string().replace(' ', "");
    let command_error = format!(" [`CommandError`]: {path}::CommandError");
    let expansion = Expansion { name, slimqtt, visibility, slots, packet, command_error };
    let qos = commands.publish.as_ref().map(|command| expansion.qos(command));
    let publish = commands.publish.as_ref().map(|command| expansion.publish(command));
    let disconnect = commands.disconnect.as_ref().map(|command| expansion.disconnect(command));
    let Expansion { slots, packet, .. } = &expansion;
    quote! {
        #[allow(dead_code, reason = "the variants name what the agent can do")]
        #item

        impl #slimqtt::export::Profile for #name {
            const TIMEOUT_MS: u32 = #timeout_ms;
            type Identifiers = [::core::sync::atomic::AtomicU16; 0];
            type Source = ();
            type Completion = ();
        }

        #qos

        #[doc = #about]
        ///
        /// Make it a `static`: it is used from tasks, threads and interrupts alike, and [`run`](Self::run) by one task.
        #visibility struct Agent(#slimqtt::export::Agent<#name, #slots, #packet>);

        #[allow(dead_code, reason = "not every firmware uses every command")]
        impl Agent {
            /// An agent without a connection. Commands can be given at once.
            #visibility const fn new() -> Self {
                Self(#slimqtt::export::Agent::new())
            }

            #publish
            #disconnect

            /// Runs one connection on a fresh transport, from CONNECT to its end.
            ///
            /// `Ok` means that a disconnect ended it: close the transport. After an error too; then wait a little,
            /// connect the transport anew and run again: commands that were not begun are still in line. Dropping the
            /// future ends the connection without a DISCONNECT.
            ///
            /// # Errors
            /// Why the connection ended. A failing command does not end it.
            #visibility fn run<'a, const CONNECT: usize>(
                &'a self,
                rx: &'a mut impl #slimqtt::export::Read,
                tx: &'a mut impl #slimqtt::export::Write,
                clock: &'a impl #slimqtt::Clock,
                connect: &'a #slimqtt::Connect<CONNECT>,
            ) -> impl ::core::future::Future<Output = ::core::result::Result<(), #slimqtt::Error>> {
                self.0.run::<#receive, CONNECT>(rx, tx, clock, connect, |_| {})
            }
        }
    }
}

impl Expansion<'_> {
    fn qos(&self, Command { conditions }: &Command) -> TokenStream {
        let Self { slimqtt, visibility, .. } = self;
        quote! {
            /// The quality of service of a message (4.3), as far as this agent has it.
            #(#conditions)*
            #[allow(dead_code, reason = "not every firmware uses every quality")]
            #[derive(
                ::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq,
            )]
            #visibility enum QoS {
                /// The message arrives once or not at all.
                AtMostOnce,
            }

            #(#conditions)*
            impl ::core::convert::From<QoS> for #slimqtt::export::QoS {
                fn from(qos: QoS) -> Self {
                    match qos {
                        QoS::AtMostOnce => Self::AtMostOnce,
                    }
                }
            }
        }
    }

    fn publish(&self, Command { conditions }: &Command) -> TokenStream {
        let Self { name, slimqtt, visibility, slots, packet, command_error } = self;
        quote! {
            /// Publishes a message, and waits until it has been sent. Waits for a free slot before that.
            ///
            /// Topic and payload are copied once, when the future is polled and a slot is free. Dropping the future
            /// before the agent turns to the message cancels it.
            ///
            /// # Errors
            /// A [`CommandError`]: `Invalid` where the topic is empty, has a wildcard or U+0000, or the packet is
            /// larger than a slot; `ConnectionLost` where the connection ended while it was being sent.
            ///
            #[doc = #command_error]
            #(#conditions)*
            #visibility fn publish<'a>(
                &'a self,
                qos: QoS,
                topic: &'a str,
                payload: &'a [u8],
            ) -> #slimqtt::Submission<'a, #name, #slimqtt::export::Publish<'a, QoS, false>, #slots, #packet> {
                self.0.submit(#slimqtt::export::Publish { qos, topic, payload })
            }

            /// Publishes a message without waiting, also from an interrupt: it is in line when this returns.
            ///
            /// # Errors
            /// A [`CommandError`]: `Invalid` as for [`publish`](Self::publish); `QueueFull` where no slot is free.
            ///
            #[doc = #command_error]
            #(#conditions)*
            #visibility fn try_publish(
                &self,
                qos: QoS,
                topic: &str,
                payload: &[u8],
            ) -> ::core::result::Result<(), #slimqtt::CommandError> {
                self.0.try_submit(&#slimqtt::export::Publish::<_, false> { qos, topic, payload })
            }
        }
    }

    fn disconnect(&self, Command { conditions }: &Command) -> TokenStream {
        let Self { name, slimqtt, visibility, slots, packet, command_error } = self;
        quote! {
            /// Ends the connection, after all that is in line before: sends DISCONNECT, then [`run`](Self::run) returns.
            ///
            /// # Errors
            /// A [`CommandError`]: `ConnectionLost` where the connection ended otherwise.
            ///
            #[doc = #command_error]
            #(#conditions)*
            #visibility fn disconnect(&self) -> #slimqtt::Submission<'_, #name, #slimqtt::export::Disconnect, #slots, #packet> {
                self.0.submit(#slimqtt::export::Disconnect)
            }

            /// Ends the connection without waiting for it, also from an interrupt.
            ///
            /// # Errors
            /// A [`CommandError`]: `QueueFull` where no slot is free.
            ///
            #[doc = #command_error]
            #(#conditions)*
            #visibility fn try_disconnect(&self) -> ::core::result::Result<(), #slimqtt::CommandError> {
                self.0.try_submit(&#slimqtt::export::Disconnect)
            }
        }
    }
}
