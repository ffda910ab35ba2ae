//! The methods of the commands, each in all forms that the agent has: awaited, `try_*`, and `*_then`.

use std::ops::RangeInclusive;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::commands::{Command, Publish};
use crate::condition::Condition;
use crate::expand::{Expansion, ident};

/// A command as a method.
struct Method<'a> {
    /// That of the awaited form. The others are named after it.
    name: &'a str,
    condition: &'a Condition,
    /// What it does.
    about: String,
    /// When it is done.
    until: String,
    /// What else there is to know.
    notes: Vec<&'a str>,
    /// What is copied when the command is given.
    copied: Option<&'a str>,
    /// When its arguments are wrong.
    invalid: Option<&'a str>,
    /// How it fails later.
    failures: Vec<&'a str>,
    /// How many topic filters it takes, if it does: a reference to an array of them, whose length is a parameter.
    filters: Option<usize>,
    /// The arguments with their types, if it has any, given the lifetime of what they borrow.
    arguments: Option<&'a dyn Fn(Option<TokenStream>) -> TokenStream>,
    /// What an acknowledgement says.
    answer: TokenStream,
    /// The request.
    request: TokenStream,
}

impl Expansion<'_> {
    /// All of them.
    pub(crate) fn methods(&self) -> TokenStream {
        let commands = self.commands;
        let publish = commands.publish.as_ref().map(|command| self.publish(command));
        let subscribe = commands.subscribe.as_ref().map(|command| {
            let filters = command.options.filters;
            self.subscribe(&command.condition, filters)
        });
        let unsubscribe = commands.unsubscribe.as_ref().map(|command| {
            let filters = command.options.filters;
            self.unsubscribe(&command.condition, filters)
        });
        let ping = commands.ping.as_ref().map(|command| self.ping(&command.condition));
        let disconnect = commands.disconnect.as_ref().map(|command| self.disconnect(&command.condition));
        let stop = commands.stop.as_ref().map(|command| self.stop(&command.condition));
        let connected = self.arguments.connected.then(|| self.connected());
        quote! { #publish #subscribe #unsubscribe #ping #disconnect #stop #connected }
    }

    fn publish(&self, Command { condition, options }: &Command<Publish>) -> TokenStream {
        let &Publish { ref qos, retain, from } = options;
        let all = [(false, false), (true, false), (false, true), (true, true)];
        let chosen = all.into_iter().filter(|&(retained, read)| (retain || !retained) && (from || !read));
        chosen.map(|(retained, read)| self.publish_method(condition, qos, retained, read)).collect()
    }

    /// One that retains its message or not, and reads the payload when it is sent or copies it.
    fn publish_method(
        &self,
        condition: &Condition,
        qos: &RangeInclusive<u8>,
        retained: bool,
        read: bool,
    ) -> TokenStream {
        let slimqtt = self.slimqtt;
        let mut name = "publish".to_owned();
        let mut about = "Publishes a message (3.3)".to_owned();
        let mut notes = Vec::new();
        if retained {
            name += "_retained";
            about += " that the Server keeps for future subscribers (3.3.1.3)";
            notes.push("An empty message removes the one that the Server has kept `[MQTT-3.3.1-10]`.");
        }
        if read {
            name += "_from";
            about += ", with a payload that is read when it is sent";
            notes.push(
                "The payload may be of any size. It is read piece by piece, and again if the message is sent again; \
                 what the slot has left behind the topic is the buffer for it.",
            );
        }
        let mut failures = Vec::new();
        match (qos.start(), qos.end()) {
            (0, 0) => failures.push("`ConnectionLost` where the connection ended while it was being sent"),
            (0, _) => failures.push("at QoS 0 `ConnectionLost` where the connection ended while it was being sent"),
            _ => {}
        }
        if *qos.end() > 0 {
            failures.push(SESSION_LOST);
        }
        if read {
            failures
                .push("`PayloadEnded` where the payload had fewer bytes than it had promised: the connection ends too");
        }
        let arguments = |lifetime: Option<TokenStream>| {
            let payload = if read { quote!(&'static dyn #slimqtt::Payload) } else { quote!(& #lifetime [u8]) };
            quote!(qos: QoS, topic: & #lifetime str, payload: #payload,)
        };
        let variant = if read { quote!(PublishFrom) } else { quote!(Publish) };
        let export = quote!(#slimqtt::export);
        let publish = quote!(#export::Publish { qos: ::core::convert::Into::into(qos), retain: #retained, topic });
        self.forms(&Method {
            name: &name,
            condition,
            about,
            until: acknowledged(qos),
            notes,
            copied: Some(if read { "The topic is" } else { "Topic and payload are" }),
            invalid: Some(if read {
                "the topic is empty, has a wildcard or U+0000, or does not fit into a slot, or the packet is larger \
                 than any may be (2.2.3)"
            } else {
                "the topic is empty, has a wildcard or U+0000, or the packet is larger than a slot"
            }),
            failures,
            filters: None,
            arguments: Some(&arguments),
            answer: quote!(()),
            request: quote!(#export::Request::#variant(#publish, payload)),
        })
    }

    fn subscribe(&self, condition: &Condition, filters: usize) -> TokenStream {
        let slimqtt = self.slimqtt;
        self.forms(&Method {
            name: "subscribe",
            condition,
            about: match filters {
                1 => "Subscribes to a topic filter (3.8), with the highest QoS of its messages".to_owned(),
                _ => format!(
                    "Subscribes to 1 to {filters} topic filters (3.8), each with the highest QoS of its messages"
                ),
            },
            until: "the Server has answered".to_owned(),
            notes: vec![
                "The answer has a return code for each filter, in their order: the QoS that the Server grants, or a \
                 failure (3.9.3). Subscriptions last as long as the session (3.1.2.4): in a clean one, subscribe anew.",
            ],
            copied: Some("The topic filters are"),
            invalid: Some(INVALID_FILTER),
            failures: vec![NOT_ANSWERED],
            filters: Some(filters),
            arguments: Some(&|lifetime| quote!(filters: & #lifetime [(& #lifetime str, RequestedQoS); FILTERS],)),
            answer: quote!([#slimqtt::SubackReturnCode; FILTERS]),
            request: quote!(#slimqtt::export::Request::Subscribe(filters)),
        })
    }

    fn unsubscribe(&self, condition: &Condition, filters: usize) -> TokenStream {
        let slimqtt = self.slimqtt;
        self.forms(&Method {
            name: "unsubscribe",
            condition,
            about: match filters {
                1 => "Ends the subscription to a topic filter (3.10)".to_owned(),
                _ => format!("Ends the subscriptions to 1 to {filters} topic filters (3.10)"),
            },
            until: "the Server has answered".to_owned(),
            notes: vec![
                "Write filters as they were subscribed. Messages that are on their way may still come (3.10.4).",
            ],
            copied: Some("The topic filters are"),
            invalid: Some(INVALID_FILTER),
            failures: vec![NOT_ANSWERED],
            filters: Some(filters),
            arguments: Some(&|lifetime| quote!(filters: & #lifetime [& #lifetime str; FILTERS],)),
            answer: quote!(()),
            request: quote!(#slimqtt::export::Request::Unsubscribe(filters)),
        })
    }

    fn ping(&self, condition: &Condition) -> TokenStream {
        let slimqtt = self.slimqtt;
        self.forms(&Method {
            name: "ping",
            condition,
            about: "Asks the Server for a sign of life (3.12)".to_owned(),
            until: "it has come".to_owned(),
            notes: vec![
                "The agent keeps the connection alive by itself; this is for who wants to know. If the Server does not \
                 answer in time, the connection ends.",
            ],
            copied: None,
            invalid: None,
            failures: vec![NOT_ANSWERED],
            filters: None,
            arguments: None,
            answer: quote!(()),
            request: quote!(#slimqtt::export::Request::Ping),
        })
    }

    fn disconnect(&self, condition: &Condition) -> TokenStream {
        let slimqtt = self.slimqtt;
        let commands = self.commands;
        let acknowledged = commands.publish.as_ref().is_some_and(|publish| *publish.options.qos.end() > 0)
            || commands.subscribe.is_some()
            || commands.unsubscribe.is_some()
            || commands.ping.is_some();
        self.forms(&Method {
            name: "disconnect",
            condition,
            about: "Ends the connection (3.14), after all that is in line before".to_owned(),
            until: "DISCONNECT has been sent".to_owned(),
            notes: vec![if acknowledged {
                "[`run`](Self::run) returns then. It does not wait for answers: who needs them awaits them before."
            } else {
                "[`run`](Self::run) returns then."
            }],
            copied: None,
            invalid: None,
            failures: vec!["`ConnectionLost` where the connection ended otherwise"],
            filters: None,
            arguments: None,
            answer: quote!(()),
            request: quote!(#slimqtt::export::Request::Disconnect),
        })
    }

    fn stop(&self, condition: &Condition) -> TokenStream {
        let visibility = self.visibility;
        quote! {
            /// Stops the agent at once, also from an interrupt: [`run`](Self::run) ends with `Error::Stopped`, without
            /// a DISCONNECT, and all commands that are in line or on their way fail with `CommandError::Stopped`.
            ///
            /// It takes no slot, so it never waits and cannot fail. While no connection is running it only clears the
            /// line. Afterwards the agent can be run again.
            #condition
            #visibility fn stop(&self) {
                self.0.stop();
            }
        }
    }

    fn connected(&self) -> TokenStream {
        let visibility = self.visibility;
        quote! {
            /// Waits until the Server has accepted a connection; at once while there is one. True if the Server had the
            /// session already, with what was subscribed in it `[MQTT-3.2.2-2]`: never so in a clean one.
            ///
            /// A connection lasts until the future of [`run`](Self::run) is dropped. Of one that was over before this future
            /// was polled nothing is told: a session that began with it is there in the next one. It takes no slot, but
            /// counts as one that waits for a free slot.
            #visibility fn connected(&self) -> impl ::core::future::Future<Output = bool> + '_ {
                self.0.connected()
            }

            /// Like [`connected`](Self::connected), without waiting: `None` while there is no connection.
            #visibility fn try_connected(&self) -> ::core::option::Option<bool> {
                self.0.try_connected()
            }
        }
    }

    fn forms(&self, method: &Method<'_>) -> TokenStream {
        let Self { name: profile, slimqtt, visibility, slots, packet, .. } = self;
        let Method { name, condition, arguments, answer, request, .. } = method;
        let parameter = method.filters.map(|_| quote!(const FILTERS: usize));
        let check = method.filters.map(|filters| {
            let message = match filters {
                1 => format!("{name} takes 1 topic filter at a time: `#[{name}(filters = ...)]` allows more"),
                _ => format!(
                    "{name} takes 1 to {filters} topic filters at a time: `#[{name}(filters = {filters})]` says so"
                ),
            };
            let most = Literal::usize_unsuffixed(filters);
            quote!(const { ::core::assert!(::core::matches!(FILTERS, 1..=#most), #message) };)
        });
        let (generics, receiver, lifetime) = match arguments {
            Some(_) => (Some(quote!(<'a, #parameter>)), quote!(&'a self), quote!('a)),
            None => (None, quote!(&self), quote!('_)),
        };
        let borrowed = arguments.map(|arguments| arguments(Some(lifetime.clone())));
        let elided = arguments.map(|arguments| arguments(None));
        let other_generics = parameter.as_ref().map(|parameter| quote!(<#parameter>));
        let result = quote!(::core::result::Result<(), #slimqtt::CommandError>);
        let [awaited_doc, try_doc, then_doc] = method.docs(self);
        let awaited_name = ident(name);
        let try_name = ident(&format!("try_{name}"));
        let then = self.arguments.completions.then(|| {
            let then_name = ident(&format!("{name}_then"));
            quote! {
                #then_doc
                #condition
                #visibility fn #then_name #other_generics(
                    &self,
                    #elided
                    completion: &'static #slimqtt::Completion,
                ) -> #result {
                    #check
                    self.0.submit_then(&#request, completion)
                }
            }
        });
        quote! {
            #awaited_doc
            #condition
            #visibility fn #awaited_name #generics(
                #receiver,
                #borrowed
            ) -> #slimqtt::Submission<#lifetime, #profile, #answer, #slots, #packet> {
                #check
                self.0.submit(#request)
            }

            #try_doc
            #condition
            #visibility fn #try_name #other_generics(&self, #elided) -> #result {
                #check
                self.0.try_submit(&#request)
            }

            #then
        }
    }
}

impl Method<'_> {
    /// Of the awaited form, of `try_*`, and of `*_then`.
    fn docs(&self, expansion: &Expansion<'_>) -> [TokenStream; 3] {
        let Self { name, about, until, .. } = self;
        let mut failures = Vec::new();
        failures.extend(self.invalid.map(|invalid| format!("`Invalid` where {invalid}")));
        failures.extend(self.failures.iter().map(ToString::to_string));
        if expansion.commands.stop.is_some() {
            failures.push("`Stopped` where the agent was stopped".to_owned());
        }
        let failures = format!("A [`CommandError`]: {}.", failures.join("; "));
        let invalid = self.invalid.map(|_| format!("`Invalid` as for [`{name}`](Self::{name}); ")).unwrap_or_default();
        let refused = format!("A [`CommandError`]: {invalid}`QueueFull` where no slot is free. Nothing is queued then");

        let copied =
            self.copied.map(|copied| format!("{copied} copied once, when the future is polled and a slot is free."));
        let dropped = "Dropping the future before the agent turns to the packet cancels the command.";
        let mut awaited = vec![format!("{about}, and waits until {until}. Waits for a free slot before that.")];
        awaited.extend(self.notes.iter().map(ToString::to_string));
        awaited.push(copied.map_or_else(|| dropped.to_owned(), |copied| format!("{copied} {dropped}")));
        let awaited = doc(&awaited, &failures, &[expansion.link("CommandError")]);

        let tried = doc(
            &[
                format!("{about}, without waiting, also from an interrupt: the packet is in line when this returns."),
                format!("Otherwise like [`{name}`](Self::{name}). Nobody learns the outcome."),
            ],
            &format!("{refused}."),
            &[expansion.link("CommandError")],
        );

        let then = doc(
            &[
                format!("{about}, without waiting, also from an interrupt: the packet is in line when this returns."),
                format!("Otherwise like [`{name}`](Self::{name}). The [`Completion`] is told the outcome."),
            ],
            &format!("{refused}, and the completion is not called."),
            &[expansion.link("CommandError"), expansion.link("Completion")],
        );
        [awaited, tried, then]
    }
}

/// Documentation of these paragraphs.
fn doc(paragraphs: &[String], errors: &str, links: &[String]) -> TokenStream {
    let mut lines = Vec::new();
    for paragraph in paragraphs {
        lines.extend([format!(" {paragraph}"), String::new()]);
    }
    lines.extend([" # Errors".to_owned(), format!(" {errors}"), String::new()]);
    lines.extend(links.iter().cloned());
    quote!(#(#[doc = #lines])*)
}

const INVALID_FILTER: &str = "a topic filter is empty, has U+0000 or a wildcard that is not a whole level, or the \
                              packet is larger than a slot";
const SESSION_LOST: &str = "`SessionLost` where the connection ended before the message was acknowledged, and the \
                            Server kept no session";
const NOT_ANSWERED: &str = "`ConnectionLost` where the connection ended before the answer came";

/// When a message is done.
fn acknowledged(qos: &RangeInclusive<u8>) -> String {
    let until = |qos| match qos {
        0 => "it has been sent",
        1 => "the Server has acknowledged it",
        _ => "the Server has confirmed that it arrived exactly once",
    };
    if qos.start() == qos.end() {
        return until(*qos.start()).to_owned();
    }
    qos.clone().map(|qos| format!("{} (QoS {qos})", until(qos))).collect::<Vec<_>>().join(", or ")
}
