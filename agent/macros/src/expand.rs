//! The expansion: the enum as it was, and the agent with typed methods for each command.
//!
//! It adds types and calls, no code of its own.

use std::ops::RangeInclusive;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{ItemEnum, Path, Visibility};

use crate::arguments::Arguments;
use crate::commands::Commands;
use crate::condition::Condition;

/// What all parts need.
pub(crate) struct Expansion<'a> {
    pub(crate) arguments: &'a Arguments,
    pub(crate) commands: &'a Commands,
    pub(crate) name: &'a Ident,
    pub(crate) slimqtt: &'a Path,
    pub(crate) visibility: &'a Visibility,
    pub(crate) slots: Literal,
    pub(crate) packet: Literal,
}

/// All items.
pub(crate) fn agent(arguments: &Arguments, commands: &Commands, item: &ItemEnum) -> TokenStream {
    let (name, visibility, slimqtt) = (&item.ident, &item.vis, &arguments.slimqtt);
    let [slots, packet] = [arguments.commands, arguments.packet].map(Literal::usize_unsuffixed);
    let expansion = Expansion { arguments, commands, name, slimqtt, visibility, slots, packet };
    let profile = expansion.profile();
    let qos = commands.publish.as_ref().map(|publish| {
        let about = "The quality of service of a message (4.3), as far as this agent publishes at it.";
        expansion.qos("QoS", about, &publish.options.qos, &publish.condition)
    });
    let requested_qos = commands.subscribe.as_ref().map(|subscribe| {
        let about = "The highest quality of service of a subscription's messages (3.8.3), as far as this agent has it.";
        expansion.qos("RequestedQoS", about, &subscribe.options.qos, &subscribe.condition)
    });
    let methods = expansion.methods();
    let run = expansion.run();
    let receive = expansion.receive();
    let Expansion { slots, packet, .. } = &expansion;
    let about = format!(" An MQTT 3.1.1 agent with {slots} slots of {packet} bytes for outgoing packets.");
    quote! {
        #[allow(dead_code, reason = "the variants name what the agent can do")]
        #item

        #profile

        #qos

        #requested_qos

        #[doc = #about]
        ///
        /// Make it a `static`: it is used from tasks, threads and interrupts alike, and [`run`](Self::run) by one task.
        #visibility struct Agent(#slimqtt::export::Agent<#name, #slots, #packet, { #receive }>);

        #[allow(dead_code, reason = "not every firmware uses every command")]
        impl Agent {
            /// An agent without a connection. Commands can be given at once.
            #visibility const fn new() -> Self {
                Self(#slimqtt::export::Agent::new())
            }

            #methods

            #run
        }
    }
}

impl Expansion<'_> {
    /// The size of the receive buffer.
    fn receive(&self) -> TokenStream {
        let size = |filters| Literal::usize_unsuffixed(self.arguments.receive(filters)).into_token_stream();
        match &self.commands.subscribe {
            Some(subscribe) => subscribe.condition.select(size(Some(subscribe.options.filters)), size(None)),
            None => size(None),
        }
    }

    /// What the agent needs of its runtime. What is not there has its default.
    fn profile(&self) -> TokenStream {
        let Self { arguments, commands, name, slimqtt, .. } = self;
        let timeout_ms = Literal::usize_unsuffixed(arguments.timeout * 1000);
        let flag = |name: &str, condition: Option<&Condition>| {
            let (name, holds) = (ident(name), condition?.holds());
            Some(quote!(const #name: bool = #holds;))
        };
        let publish = commands.publish.as_ref().filter(|publish| *publish.options.qos.end() > 0).map(|publish| {
            let highest = Literal::u8_unsuffixed(*publish.options.qos.end());
            let highest = publish.condition.select(highest, quote!(0));
            quote!(const PUBLISH: u8 = #highest;)
        });
        let subscribe = flag("SUBSCRIBE", commands.subscribe.as_ref().map(|command| &command.condition));
        let unsubscribe = flag("UNSUBSCRIBE", commands.unsubscribe.as_ref().map(|command| &command.condition));
        let ping = flag("PING", commands.ping.as_ref().map(|command| &command.condition));
        let stop = flag("STOP", commands.stop.as_ref().map(|command| &command.condition));
        let connected = arguments.connected.then(|| {
            quote!(
                const CONNECTED: bool = true;
            )
        });
        let receive = commands.subscribe.as_ref().map(|subscribe| {
            let highest = Literal::u8_unsuffixed(*subscribe.options.qos.end());
            let some = quote!(::core::option::Option::Some(#highest));
            let receive = subscribe.condition.select(some, quote!(::core::option::Option::None));
            quote!(const RECEIVE: ::core::option::Option<u8> = #receive;)
        });
        let completion = if arguments.completions {
            quote!(::core::option::Option<&'static #slimqtt::Completion>)
        } else {
            quote!(())
        };
        let requested_qos = match &commands.subscribe {
            Some(subscribe) => subscribe.condition.select_item(
                quote!(
                    type RequestedQoS = RequestedQoS;
                ),
                quote!(type RequestedQoS = #slimqtt::export::QoS;),
            ),
            None => quote!(type RequestedQoS = #slimqtt::export::QoS;),
        };
        let identifiers = |places: usize| {
            let places = Literal::usize_unsuffixed(places);
            quote!(type Identifiers = [::core::sync::atomic::AtomicU16; #places];)
        };
        let identifiers = match &commands.subscribe {
            Some(subscribe) if *subscribe.options.qos.end() == 2 => {
                subscribe.condition.select_item(identifiers(arguments.received()), identifiers(0))
            }
            _ => identifiers(0),
        };
        let source = |kept: TokenStream| quote!(type Source = #kept;);
        let source = match &commands.publish {
            Some(publish) if publish.options.from => {
                let kept = quote!(::core::option::Option<&'static dyn #slimqtt::Payload>);
                publish.condition.select_item(source(kept), source(quote!(())))
            }
            _ => source(quote!(())),
        };
        quote! {
            impl #slimqtt::export::Profile for #name {
                const TIMEOUT_MS: u32 = #timeout_ms;
                #publish
                #subscribe
                #unsubscribe
                #ping
                #stop
                #connected
                #receive
                #requested_qos
                #identifiers
                #source
                type Completion = #completion;
            }
        }
    }

    fn qos(&self, name: &str, about: &str, qos: &RangeInclusive<u8>, condition: &Condition) -> TokenStream {
        let Self { slimqtt, visibility, .. } = self;
        let about = format!(" {about}");
        let name = ident(name);
        let all = [
            (0, "AtMostOnce", " The message arrives once or not at all."),
            (1, "AtLeastOnce", " The message arrives at least once."),
            (2, "ExactlyOnce", " The message arrives exactly once."),
        ];
        let chosen = || all.iter().filter(|(value, ..)| qos.contains(value));
        let variants = chosen().map(|(_, variant, _)| ident(variant)).collect::<Vec<_>>();
        let docs = chosen().map(|(.., doc)| doc);
        quote! {
            #[doc = #about]
            #condition
            #[allow(dead_code, reason = "not every firmware uses every quality")]
            #[derive(
                ::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq,
            )]
            #visibility enum #name {
                #(
                    #[doc = #docs]
                    #variants,
                )*
            }

            #condition
            impl ::core::convert::From<#name> for #slimqtt::export::QoS {
                fn from(qos: #name) -> Self {
                    match qos {
                        #(#name::#variants => Self::#variants,)*
                    }
                }
            }
        }
    }

    fn run(&self) -> TokenStream {
        let without = self.run_with(None);
        match &self.commands.subscribe {
            Some(subscribe) => subscribe.condition.select_item(self.run_with(Some(subscribe.options.filters)), without),
            None => without,
        }
    }

    /// With a handler of messages, if the agent subscribes with so many topic filters at a time.
    fn run_with(&self, filters: Option<usize>) -> TokenStream {
        let Self { arguments, slimqtt, visibility, .. } = self;
        let receive = Literal::usize_unsuffixed(arguments.receive(filters));
        let about = match filters {
            Some(_) => format!(
                " Messages go to `handler`, in parts where they are larger than the buffer for what comes: {receive} \
                 bytes. The handler must not wait, but it may give commands that do not."
            ),
            None => format!(" The buffer for what comes has {receive} bytes."),
        };
        let (parameter, handler) = match filters {
            Some(_) => {
                let handler = quote!(impl ::core::ops::FnMut(#slimqtt::Message<'_>) + 'a);
                (Some(quote!(handler: #handler,)), quote!(handler))
            }
            None => (None, quote!(|_| {})),
        };
        quote! {
            /// Runs one connection on a fresh transport, from CONNECT to its end.
            ///
            #[doc = #about]
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
                #parameter
            ) -> impl ::core::future::Future<Output = ::core::result::Result<(), #slimqtt::Error>> {
                self.0.run(rx, tx, clock, connect, #handler)
            }
        }
    }

    /// Where documentation finds an item of slimqtt.
    pub(crate) fn link(&self, item: &str) -> String {
        let path = self.slimqtt.to_token_stream().to_string().replace(' ', "");
        format!(" [`{item}`]: {path}::{item}")
    }
}

/// A name of the expansion's own.
pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}
